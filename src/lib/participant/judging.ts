// A round whose local settings are tried, on this device: some of the rows to learn from are kept apart, and judge what training by
// the settings that it was given has changed. Loaded with the first such round.
import { selectExamples, type Examples } from '../core/data/examples.ts';
import { figure } from '../core/metrics/figures.ts';
import type { Network } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import { TrainerFailure } from '../ports/trainer.ts';
import type { Engine } from './engine.ts';
import { startState } from './train-locally.ts';
import type { Judge } from './work-round.ts';

/** Of the rows to learn from. The held-out ones judge versions alone: a setting that was chosen by them would flatter its versions. */
const SHARE = 0.2;

/**
 * By each row's own hash, so that a row which judges never trained any version; rows that the contract holds together stay so. Mixed,
 * since the same hash has held rows out before (core/data/split.ts). Where nothing would be left to learn from, none judges.
 */
export function partedRows(rows: Examples): { readonly training: Examples; readonly judging: Examples } {
  const judges: number[] = [];
  const learnt: number[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    // Knuth 1998, "The Art of Computer Programming", vol. 3, §6.4: multiplicative hashing, by 2³² over the golden ratio.
    const mixed = Math.imul(rows.hashes[2 * row] ?? 0, 0x9e3779b1) >>> 0;
    (mixed < SHARE * 4294967296 ? judges : learnt).push(row);
  }
  return learnt.length === 0
    ? { training: rows, judging: selectExamples(rows, []) }
    : { training: selectExamples(rows, learnt), judging: selectExamples(rows, judges) };
}

/** The rows to learn from in such a round, and the judge, who is asked within engine.alone(); undefined: there are no rows for one. */
export function trialOf(
  rows: Examples,
  engine: Engine,
  network: Network,
  plan: TrainingPlan,
): { readonly rows: { readonly training: Examples }; readonly judge: Judge | undefined } {
  const { training, judging } = partedRows(rows);
  return {
    rows: { training },
    judge: judging.count === 0 ? undefined : judgeBy(judging, engine, network, plan),
  };
}

function judgeBy(judging: Examples, engine: Engine, network: Network, plan: TrainingPlan): Judge {
  return {
    rows: judging.count,
    async loss(parameters, onNotice) {
      for (;;) {
        try {
          const session = await (await engine.trainer()).open(network, plan);
          try {
            await session.setState(startState(parameters));
            const loss = figure(await session.evaluate(judging), 'loss');
            // Rounding may take the loss of rows that are all right a hair below nothing.
            return loss !== undefined && Number.isFinite(loss) ? Math.max(0, loss) : null;
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
