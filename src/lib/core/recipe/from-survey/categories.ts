// Categories: crossed, told apart, hashed.
import type { Canonical } from '../../canonical.ts';
import { fail, ok, type Result } from '../../result.ts';
import { listOf, quoted } from '../../spoken-list.ts';
import { tooMany } from '../growth.ts';
import { CROSSED, LONGEST_NAME } from '../steps/cross.ts';
import { withOther } from '../steps/one-hot.ts';
import type { Known } from './known.ts';
import { unasked, unnamed, type Asked, type Learnt } from './learnt.ts';

/** Beyond what one-hot tells apart: they may be hashed. */
const MOST_PAIRS = 10_000;

export function crossing({ columns }: Asked): Result<Learnt, string> {
  const name = columns.map((column) => column.name).join(CROSSED);
  if (name.length > LONGEST_NAME)
    return fail(
      `${quoted(name)} is longer than the ${LONGEST_NAME} letters that a column’s name may have. Cross fewer.`,
    );
  const pairs = columns.reduce((product, column) => product * (column.labels?.length ?? 0), 1);
  if (pairs > MOST_PAIRS)
    return fail(
      `${quoted(name)} would be ${pairs} pairs of categories, and at most ${MOST_PAIRS} are made. Cross fewer columns.`,
    );
  const labels = columns.reduce<readonly string[]>(
    (all, column, at) =>
      (column.labels ?? []).flatMap(({ label }) =>
        at === 0 ? [label] : all.map((one) => `${one}${CROSSED}${label}`),
      ),
    [],
  );
  const crossed: Known = {
    name,
    from: [...new Set(columns.flatMap(({ from }) => from))],
    type: 'text',
    holds: 'category',
    labels: labels.map((label) => ({ label, rows: undefined })),
  };
  return ok({ state: { name }, notes: [`${labels.length} pairs of categories`], added: [crossed] });
}

export function categories({ settings, columns }: Asked): Result<Learnt, string> {
  const rarest = Number(settings['rarest']);
  const state: Canonical[] = [];
  const notes: string[] = [];
  for (const column of columns) {
    const { name, labels = [] } = column;
    if (rarest > 1 && labels.some(({ rows }) => rows === undefined))
      return unasked(column, 'how often each category stands');
    // Without a threshold every category of the contract is one, though no row has it yet.
    // In the order that the step itself gives them.
    const kept = labels
      .filter(({ rows }) => rarest <= 1 || (rows ?? 0) >= rarest)
      .map(({ label }) => label)
      .toSorted();
    if (kept.length === 0)
      return fail(`no category of ${quoted(name)} stands in ${rarest} rows. Ask for fewer, or drop it.`);
    if (kept.length >= 1000 || kept.some((label) => label.length > 80))
      return fail(
        `${quoted(name)} would be ${kept.length} categories, some in many letters: at most 999 of 80 letters are told apart. Cross fewer columns.`,
      );
    const made = withOther(name, kept, kept.length < labels.length);
    state.push(made);
    notes.push(`${quoted(name)}: ${listOf(made.labels, 8)}`);
  }
  return ok({
    state,
    notes,
    become: new Map(columns.map((column) => unnamed(column, { type: 'category' }))),
  });
}

export function hashing({ settings, columns }: Asked): Result<Learnt, string> {
  if (settings['columns'] === null) return fail('name the columns whose texts are to be hashed.');
  const buckets = Number(settings['buckets']);
  const many = tooMany(columns.length * buckets);
  if (many !== undefined) return fail(many);
  return ok({
    state: columns.map(({ name }) => ({ name })),
    notes: [],
    become: new Map(
      columns.map(({ name, from }) => [
        name,
        Array.from({ length: buckets }, (_, at): Known => ({
          name: `${name}: hash ${at}`,
          from,
          type: 'number',
          holds: 'number',
          missing: 0,
          range: { minimum: -1, maximum: 1 },
        })),
      ]),
    ),
  });
}
