// Score, size and time to answer against each other: who is beaten in all three by one other, and who by none (the Pareto front).
import type { Trial } from './trial.ts';

export interface TradeOff {
  /** No other is at least as good, as small and as quick, and better in one of them. */
  readonly isOnFront: boolean;
  /** In a sentence. */
  readonly says: string;
}

type Weighed = Pick<Trial, 'loss' | 'bytes' | 'msPerThousand'> & { readonly title: string };

/** Time is measured, so that half as much again is the same: a busy moment takes nobody off the front. */
const SAME_TIME = 1.5;

/** In their order; undefined of those whose size or time is not known. */
export function tradeOffs(all: readonly Weighed[]): readonly (TradeOff | undefined)[] {
  const known = all.flatMap(({ title, loss, bytes, msPerThousand: ms }) =>
    loss === null || bytes === undefined || ms === undefined ? [] : [{ title, loss, bytes, ms }],
  );
  const least = {
    loss: Math.min(...known.map(({ loss }) => loss)),
    bytes: Math.min(...known.map(({ bytes }) => bytes)),
    ms: Math.min(...known.map(({ ms }) => ms)),
  };
  return all.map(({ title, loss, bytes, msPerThousand: ms }) => {
    if (loss === null || bytes === undefined || ms === undefined) return undefined;
    const better = known.find(
      (other) =>
        other.title !== title &&
        other.loss <= loss &&
        other.bytes <= bytes &&
        other.ms <= ms * SAME_TIME &&
        (other.loss < loss || other.bytes < bytes || other.ms * SAME_TIME < ms),
    );
    if (better !== undefined)
      return { isOnFront: false, says: `${better.title} is as good, as small and as quick, or better.` };
    const firsts = [
      ...(loss === least.loss ? ['the best'] : []),
      ...(bytes === least.bytes ? ['the smallest'] : []),
      ...(ms === least.ms ? ['the quickest'] : []),
    ];
    return {
      isOnFront: true,
      says:
        firsts.length > 0
          ? `It is ${firsts.join(' and ')}.`
          : 'Who is better is larger or slower, and who is smaller or quicker is worse.',
    };
  });
}
