// A round whose local settings are tried, on this device: some of the rows to learn from are kept apart, and judge what training by
// the settings that it was given has changed. Loaded with the first such round.
import { selectExamples, type Examples } from '../core/data/examples.ts';
import { figure } from '../core/metrics/figures.ts';
import type { Network } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import { HIGHEST_LOSS, LEAST_ROWS_JUDGING } from '../core/search/judged.ts';
import { TrainerFailure } from '../ports/trainer.ts';
import type { Engine } from './engine.ts';
import { startState } from './train-locally.ts';
import type { Judge, Trial } from './work-round.ts';

/** Of the rows to learn from. The held-out ones judge versions alone: a setting that was chosen by them would flatter its versions. */
const SHARE = 0.2;

/**
 * By each row's own hash, so that a row which judges in one round of a run is learnt from in none of them, as long as there are enough to
 * judge; rows that the contract holds together stay so. Mixed, since the same hash has held rows out before (core/data/split.ts).
 * Where too few would judge, or nothing would be left to learn from, none does.
 */
export function partedRows(rows: Examples): { readonly training: Examples; readonly judging: Examples } {
  const judges: number[] = [];
  const learnt: number[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    // Knuth 1998, "The Art of Computer Programming", vol. 3, §6.4: multiplicative hashing, by 2³² over the golden ratio.
    const mixed = Math.imul(rows.hashes[2 * row] ?? 0, 0x9e3779b1) >>> 0;
    (mixed < SHARE * 4294967296 ? judges : learnt).push(row);
  }
  return learnt.length === 0 || judges.length < LEAST_ROWS_JUDGING
    ? { training: rows, judging: selectExamples(rows, []) }
    : { training: selectExamples(rows, learnt), judging: selectExamples(rows, judges) };
}

/** The rows to learn from in such a round, and the judge, who is asked within engine.alone(). */
export function trialOf(
  rows: Examples,
  engine: Engine,
  network: Network,
  plan: TrainingPlan,
): Trial & { readonly rows: { readonly training: Examples } } {
  const { training, judging } = partedRows(rows);
  return {
    rows: { training },
    judge: judging.count === 0 ? undefined : judgeBy(judging, engine, network, plan),
  };
}

/** Entropy of the classes in nats, or the variance of the numbers. */
export function lossOfNothing(
  { targets, count }: Pick<Examples, 'targets' | 'count'>,
  { spec }: Pick<Network, 'spec'>,
): number {
  const values = Array.from(targets.subarray(0, count));
  if (spec.loss === 'mean-squared-error') {
    const mean = values.reduce((sum, value) => sum + value / count, 0);
    return values.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0);
  }
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, own) => sum - (own / count) * Math.log(own / count), 0);
}

function judgeBy(judging: Examples, engine: Engine, network: Network, plan: TrainingPlan): Judge {
  return {
    rows: judging.count,
    ofNothing: lossOfNothing(judging, network),
    async loss(parameters, onNotice) {
      for (;;) {
        try {
          const session = await (await engine.trainer()).open(network, plan);
          try {
            await session.setState(startState(parameters));
            const loss = figure(await session.evaluate(judging), 'loss');
            // Rounding may take the loss of rows that are all right a hair below nothing.
            return loss !== undefined && Number.isFinite(loss)
              ? Math.min(HIGHEST_LOSS, Math.max(0, loss))
              : null;
          } finally {
            session.close();
          }
        } catch (failure) {
          if (!(failure instanceof TrainerFailure)) throw failure;
          const sentence = engine.moveOn(failure);
          if (sentence === undefined) return undefined;
          onNotice(sentence, failure);
        }
      }
    },
  };
}
