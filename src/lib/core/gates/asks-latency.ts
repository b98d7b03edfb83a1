import type { FederationSpec } from '../federation.ts';

/** Whether devices are asked how long a prediction takes: nobody measures it for nothing. */
export const asksLatency = ({ gates }: Pick<FederationSpec, 'gates'>): boolean =>
  gates?.some(({ kind }) => kind === 'latency') === true;
