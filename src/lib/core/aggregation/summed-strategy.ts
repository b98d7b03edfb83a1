// What all models that are learnt from sums have of a strategy: each device counts once, whatever its rows, and the sum takes a
// copy of the state one round forward.
import { fail, ok, type Result } from '../result.ts';
import type { FixedPointSum } from './fixed-point-sum.ts';
import type { SumStrategy } from './strategy.ts';
import type { ModelProblem } from './summed-model.ts';

export interface SummedRule<State> extends Pick<SumStrategy, 'name' | 'title' | 'description' | 'paper'> {
  /** Values in one update. */
  readonly updateLength: number;
  /** The state that lies in these parameters, [P]: what `advance` changes of it changes them. */
  read(parameters: Float32Array<ArrayBuffer>): Result<State, ModelProblem>;
  /** One round forward, in place. */
  advance(state: State, sum: FixedPointSum): void;
}

export const summedStrategy = <State>({
  updateLength,
  read,
  advance,
  ...about
}: SummedRule<State>): SumStrategy => ({
  ...about,
  group: 'average',
  needs: 'sum',
  asks: [],
  options: [],
  stateLength: () => 0,
  updateLength: () => updateLength,
  weigh: () => ({ scale: 1, weight: 1, scalars: [] }),
  scaleBound: () => 1,
  weightBound: () => 1,
  finish(sum, base) {
    if (sum.count === 0) return fail({ kind: 'no-updates' });
    const parameters = Float32Array.from(base);
    const state = read(parameters);
    if (!state.ok) throw new Error(state.error.message);
    advance(state.value, sum);
    const index = parameters.findIndex((value) => !Number.isFinite(value));
    return index >= 0 ? fail({ kind: 'not-finite', index }) : ok({ parameters, state: new Float32Array(0) });
  },
});
