// What the strategies that compare updates have in common: the step that the server takes along their aggregate delta, how a
// rule's passes follow one another, sums of weighted updates, and how many of n updates a share of them is.
// None of them looks at a device's count of examples: who lies about its update lies about that too.
import { fail, ok, type Result } from '../result.ts';
import { moved } from './server-step.ts';
import type {
  AggregationFailure,
  BlockRule,
  IndividualStrategy,
  StrategyOption,
  UpdateBlock,
} from './strategy.ts';

export const serverRate: StrategyOption = {
  name: 'lr',
  title: 'Server learning rate',
  hint: 'How far the server goes along the aggregate; 1 goes all the way.',
  default: 1,
  minimum: 0.001,
  maximum: 10,
};

/** The share of bad updates that a rule is made to stand; `maximum` is what its theory allows. */
export const badShare = (maximum: number): StrategyOption => ({
  name: 'bad',
  title: 'Suspected share',
  hint: 'The greatest share of a round’s updates that may be faulty or hostile.',
  default: 0.2,
  minimum: 0,
  maximum,
});

/** No state, one value a parameter, nothing asked of devices; w ← w + lr · Δ̄. */
export const plainly = {
  needs: 'individual',
  needsRoot: false,
  asks: [],
  stateLength: () => 0,
  updateLength: (parameterCount) => parameterCount,
  finish(delta, base, _state, { options }) {
    const rate = options['lr'] ?? serverRate.default;
    const parameters = moved(base, (i) => rate * delta[i]!);
    return parameters.ok ? ok({ parameters: parameters.value, state: new Float32Array(0) }) : parameters;
  },
} satisfies Partial<IndividualStrategy>;

/** A share of 0.07 of 100 is 7, though the product of the doubles is a little more. */
const SLACK = 1e-9;

/** The most that can be bad of `count` when at most `share` of them are: ⌊share · count⌋. */
export const badAmong = (share: number, count: number): number => Math.floor(share * count + SLACK);

/** ⌈share · count⌉ */
export const roundedUp = (share: number, count: number): number => Math.ceil(share * count - SLACK);

/** The least count from which on `isEnough` always holds. It must hold from `certain` on. */
export function leastFrom(isEnough: (count: number) => boolean, certain: number): number {
  let count = Math.ceil(certain);
  while (count > 1 && isEnough(count - 1)) count -= 1;
  return count;
}

export const tooFew = (needed: number, got: number) =>
  fail({ kind: 'too-few-updates' as const, needed, got });

type Pass = (block: UpdateBlock) => void;

/** Each of `passes` is asked for its function when the one before has seen every block. */
export function inPasses(
  passes: readonly (() => Pass)[],
  delta: () => Result<Float64Array<ArrayBuffer>, AggregationFailure>,
): BlockRule {
  let begun = 0;
  return {
    next() {
      const begin = passes[begun];
      begun += 1;
      return begin?.();
    },
    delta,
  };
}

/** Coordinates summed at a time: 16 KB of f64. */
const TILE = 2048;

/**
 * delta[block.offset + i] += Σ weight · values[row][i], the rows in the order given: each coordinate is summed in that order,
 * wherever blocks are cut.
 */
export function addWeighted(
  delta: Float64Array,
  { offset, values }: UpdateBlock,
  rows: readonly { readonly row: number; readonly weight: number }[],
): void {
  const length = values[0]?.length ?? 0;
  for (let from = 0; from < length; from += TILE) {
    const to = Math.min(length, from + TILE);
    for (const { row, weight } of rows) {
      const update = values[row]!;
      for (let i = from; i < to; i += 1) delta[offset + i] = delta[offset + i]! + weight * update[i]!;
    }
  }
}

/** Makes the sum of `count` values at each coordinate their mean, in place. */
export function divide(sum: Float64Array<ArrayBuffer>, count: number): Float64Array<ArrayBuffer> {
  for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! / count;
  return sum;
}

/** squares[k] += Σ_i values[k][i]²; one chain a row in the order of the coordinates, four rows side by side. */
export function addSquares(squares: Float64Array, { values }: UpdateBlock): void {
  const length = values[0]?.length ?? 0;
  const last = values.length - 1;
  for (let row = 0; row <= last; row += 4) {
    const [r1, r2, r3] = [Math.min(row + 1, last), Math.min(row + 2, last), Math.min(row + 3, last)];
    const a = values[row]!;
    const b = values[r1]!;
    const c = values[r2]!;
    const d = values[r3]!;
    let aa = squares[row]!;
    let bb = squares[r1]!;
    let cc = squares[r2]!;
    let dd = squares[r3]!;
    for (let i = 0; i < length; i += 1) {
      aa += a[i]! * a[i]!;
      bb += b[i]! * b[i]!;
      cc += c[i]! * c[i]!;
      dd += d[i]! * d[i]!;
    }
    squares[row] = aa;
    squares[r1] = bb;
    squares[r2] = cc;
    squares[r3] = dd;
  }
}
