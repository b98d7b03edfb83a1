// Rare classes brought up to the commonest one, in rows to learn from and in no others: by rows repeated, or, of tables, by rows made up
// between neighbours (smote.ts). What is added stands behind the rows themselves and says how much it is, so that it judges nothing.
import { classLabels, type DataContract } from '../data/contract.ts';
import { countClasses } from '../data/class-counts.ts';
import { exampleSize, selectRows } from '../data/examples.ts';
import type { LearnerRows } from '../learners/learner.ts';
import { random } from '../random.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Balance } from './balances.ts';
import { rowLayout, rowsBetween } from './smote.ts';

export interface BalancedRows {
  readonly rows: LearnerRows;
  /** [classes]: rows that were added. */
  readonly added: readonly number[];
}

/** Half a gigabyte of numbers, or of pixels: as much as is held of rows as they are. */
const MOST_BYTES = 512_000_000;

/** [classes], and how many they are together. */
function addedTo(contract: DataContract, { targets }: LearnerRows) {
  const counts = countClasses(contract, targets);
  const most = Math.max(...counts);
  const added = counts.map((count) => (count === 0 ? 0 : most - count));
  return { added, total: added.reduce((sum, count) => sum + count, 0) };
}

/** Why rows in balance would not be held in memory, in a sentence with what to do; undefined: they are. */
export const tooManyBalanced = (contract: DataContract, rows: LearnerRows): string | undefined =>
  tooManyWith(rows, addedTo(contract, rows).total);

function tooManyWith(rows: LearnerRows, total: number): string | undefined {
  const all = rows.count + total;
  return all * exampleSize(rows) * rows.features.BYTES_PER_ELEMENT > MOST_BYTES
    ? `Balanced, ${rows.count} rows would be ${all}, which is more than is held in memory here. Take a sample of the rows, leave columns out, or leave the balance out.`
    : undefined;
}

/**
 * Each class that has a row comes to as many as the commonest. Of pictures and recordings `synthetic` repeats too: that each copy is then
 * varied anew is the training's doing. Refused in a sentence where the rows would not be held, or texts are to be made up. Throws for numbers.
 */
export function* balancedRows(
  contract: DataContract,
  rows: LearnerRows,
  how: Exclude<Balance, 'none'>,
  seed: number,
): Generator<void, Result<BalancedRows, string>, undefined> {
  const labels = classLabels(contract);
  if (labels === undefined) throw new RangeError('Classes are balanced, and a number has none.');
  const { added, total } = addedTo(contract, rows);
  if (total === 0) return ok({ rows, added });
  const tooMany = tooManyWith(rows, total);
  if (tooMany !== undefined) return fail(tooMany);
  const size = exampleSize(rows);
  const layout = how === 'synthetic' && contract.kind === 'table' ? rowLayout(contract) : undefined;
  if (how === 'synthetic' && contract.kind === 'table' && layout === undefined)
    return fail(
      'Nothing lies between two texts: repeat the rows of rare classes (--balance repeat), or leave the texts out.',
    );
  const features =
    rows.features instanceof Uint8Array
      ? new Uint8Array((rows.count + total) * size)
      : new Float32Array((rows.count + total) * size);
  const targets = new Int32Array(rows.count + total);
  features.set(rows.features);
  targets.set(rows.targets);
  let at = rows.count;
  for (const [own, wanted] of added.entries()) {
    if (wanted === 0) continue;
    const draw = random(seed, 'balance', own);
    const of = Uint32Array.from(rows.targets.keys()).filter((row) => rows.targets[row] === own);
    if (layout === undefined) {
      draw.shuffle(of);
      for (let copy = 0; copy < wanted; copy += 1) {
        const from = of[copy % of.length]! * size;
        features.set(rows.features.subarray(from, from + size), (at + copy) * size);
      }
      yield;
    } else {
      const given = Float32Array.from(selectRows(rows, of).features);
      features.set(yield* rowsBetween(layout, given, wanted, draw), at * size);
    }
    targets.fill(own, at, at + wanted);
    at += wanted;
  }
  return ok({ rows: { count: rows.count + total, features, targets, added: total }, added });
}
