import type { FederationSpec } from '../federation.ts';
import type { Gate } from './gate.ts';
import type { Slice } from './slice.ts';

/** The part of the rows that a gate is about; undefined: all of them. */
export const sliceOf = (gate: Gate): Slice | undefined => ('slice' in gate ? gate.slice : undefined);

/** Whether devices are asked to count parts of their rows apart. */
export const asksSlices = ({ gates }: Pick<FederationSpec, 'gates'>): boolean =>
  gates?.some((gate) => sliceOf(gate) !== undefined) === true;
