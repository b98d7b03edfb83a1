// The whole of a clustering run as one flat vector: header [HEADER] · points [k · candidates, d]. The first k points are the centres
// once they have been chosen; before, all of them are candidates.
import type { ModelProblem } from '../aggregation/summed-model.ts';
import { fail, ok, type Result } from '../result.ts';
import type { ClustersSpec } from './spec.ts';

export interface ClustersLayout {
  readonly spec: ClustersSpec;
  /** d: values of an encoded example. */
  readonly size: number;
  /** k · candidates */
  readonly points: number;
  /** P */
  readonly parameterCount: number;
}

/** seeding: the next sums are of candidates. moving: they are of centres. complete: none is wanted. */
const phases = ['seeding', 'moving', 'complete'] as const;
type Phase = (typeof phases)[number];

export interface ClustersState {
  readonly layout: ClustersLayout;
  phase: Phase;
  /** Lloyd's rounds done. */
  iteration: number;
  /** [points, d]: a view. */
  readonly points: Float32Array;
  /** Points that rows are held against in this phase: they are the first ones. */
  readonly active: number;
}

const FORMAT = 1;
const HEADER = 6;
const [PHASE, ITERATION] = [4, 5];

export const clustersLayout = (spec: ClustersSpec, size: number): ClustersLayout => {
  const points = spec.clusters * spec.candidates;
  return { spec, size, points, parameterCount: HEADER + points * size };
};

const header = ({ spec, size }: ClustersLayout): number[] => [FORMAT, spec.clusters, spec.candidates, size];

/** A vector without points, before any round. */
export function emptyVector(layout: ClustersLayout): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(layout.parameterCount);
  vector.set(header(layout));
  vector[PHASE] = phases.indexOf(layout.spec.candidates > 1 ? 'seeding' : 'moving');
  return vector;
}

/** The vector as this layout's state, not copied; refused where it is another one's. */
export function readState(layout: ClustersLayout, vector: Float32Array): Result<ClustersState, ModelProblem> {
  const foreign = (message: string) => fail<ModelProblem>({ kind: 'foreign-state', message });
  if (vector.length !== layout.parameterCount)
    return foreign(
      `These clusters need ${layout.parameterCount} parameters, but the version has ${vector.length}. Take one of this federation.`,
    );
  const at = header(layout).findIndex((value, i) => vector[i] !== value);
  if (at >= 0)
    return foreign(
      `Value ${at} of the version's header is ${vector[at]}, and these clusters expect ${header(layout)[at]}. Take a version of this federation.`,
    );
  if (phases[vector[PHASE]!] === undefined || !(vector[ITERATION]! >= 0))
    return foreign('The version does not say how far its clusters are. Take an earlier one.');
  const { spec } = layout;
  return ok({
    layout,
    points: vector.subarray(HEADER),
    get phase() {
      return phases[vector[PHASE]!] ?? 'complete';
    },
    set phase(phase) {
      vector[PHASE] = phases.indexOf(phase);
    },
    get iteration() {
      return vector[ITERATION]!;
    },
    set iteration(iteration) {
      vector[ITERATION] = iteration;
    },
    get active() {
      return this.phase === 'seeding' ? layout.points : spec.clusters;
    },
  });
}
