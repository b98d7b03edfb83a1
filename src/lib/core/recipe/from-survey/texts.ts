// Texts: how rare the buckets of their hashed terms are among the rows of all devices.
import type { Canonical } from '../../canonical.ts';
import { fail, ok, type Result } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { countedWords } from '../../statistics/hashed-terms.ts';
import { idfOfCounts, LEAST_HELD, writtenIdf } from '../hashed-terms.ts';
import type { Known } from './known.ts';
import { unasked, type Asked, type Learnt } from './learnt.ts';

export function hashedTexts({ settings, columns }: Asked): Result<Learnt, string> {
  const { of, longest, buckets } = settings;
  const state: Canonical[] = [];
  const notes: string[] = [];
  for (const column of columns) {
    const { name, terms } = column;
    if (settings['idf'] !== true) {
      state.push({ name, idf: null });
      continue;
    }
    if (terms === undefined) return unasked(column, 'how many rows hold each bucket');
    if (terms.of !== of || terms.longest !== longest || terms.buckets !== buckets)
      return fail(
        `the survey asked for ${terms.buckets} buckets of ${terms.of}, ${terms.longest} in a row at most, and the step has other settings. Set them alike, ask again, or let all buckets weigh the same (“idf”).`,
      );
    if (terms.rows < terms.least)
      return fail(
        `the noise hides how many rows hold a bucket of ${quoted(name)}. Ask with more devices, or let all buckets weigh the same (“idf”).`,
      );
    const least = Number(settings['least']);
    // Under noise its bound is what chance made it; else below it no two counts differ.
    if (least < LEAST_HELD)
      return fail(
        `a survey tells of no bucket that fewer than ${LEAST_HELD} rows hold. Set “least” to as many, or more.`,
      );
    const bound = Math.max(least, terms.least);
    state.push({ name, idf: writtenIdf(idfOfCounts(terms.rows, terms.held, bound)) });
    const rare = terms.held.filter((rows) => rows < bound).length;
    notes.push(
      `${quoted(name)}: ${terms.held.length - rare} of ${terms.held.length} buckets are held by ${bound} of ${terms.rows} rows or more; the others weigh as if ${bound} did${terms.most === undefined ? '' : `, ${countedWords(terms.most)}`}`,
    );
  }
  return ok({
    state,
    notes,
    become: new Map(
      columns.map(({ name, from }): [string, readonly Known[]] => [
        name,
        [{ name, from, type: 'hashed', holds: 'text', missing: 0 }],
      ]),
    ),
  });
}
