import type { Axis } from './projection.ts';

/** "mostly age, less weight": what an axis goes along with, and against. */
export const axisName = ({ mostly }: Pick<Axis, 'mostly'>): string =>
  `mostly ${mostly.map(({ name, weight }) => (weight < 0 ? `less ${name}` : name)).join(', ')}`;
