// Cells as they were read: cast, taken apart as dates, dropped.
import type { Canonical } from '../../canonical.ts';
import { DAY_MS, isoTime } from '../../data/iso-time.ts';
import { fail, ok, type Result } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { numberOf } from '../steps/cast.ts';
import type { Known } from './known.ts';
import { unnamed, words, type Asked, type Learnt } from './learnt.ts';

export function casting({ settings, columns }: Asked): Result<Learnt, string> {
  const to = settings['to'];
  if (to === 'text') return fail('every column stands as a text here already. Leave the step out.');
  if (settings['decimal'] === 'comma')
    return fail('numbers were read by the data contract, and have a point. Choose the point.');
  const state: Canonical[] = [];
  const become = new Map<string, readonly Known[]>();
  for (const column of columns) {
    const { name, holds, missing } = column;
    if (holds === 'category') {
      // By their values categories may be numbers too, as a pooled fit would have them; nobody meant that.
      const areNumbers = column.labels?.every(({ label }) => !Number.isNaN(numberOf(label))) === true;
      const areTimes = column.labels?.every(({ label }) => !Number.isNaN(isoTime(label))) === true;
      if (to === 'by-values' && !areNumbers && !areTimes) continue;
      return fail(
        `${quoted(name)} holds categories by the data contract. Name the columns of numbers in “columns”.`,
      );
    }
    if (to !== 'by-values' && to !== holds)
      return fail(`${quoted(name)} holds ${words[holds]} by the data contract. Name other columns.`);
    state.push({ name, to: holds, hadMissing: missing === undefined || missing > 0.5 });
    become.set(...unnamed(column, { type: 'number' }));
  }
  return ok({ state, notes: [], become });
}

const PARTS = { year: undefined, month: [1, 12], day: [1, 31], weekday: [1, 7], hour: [0, 23] } as const;
const CYCLIC = ['month', 'weekday', 'hour'] as const;

export function dateParts({ settings, columns }: Asked): Result<Learnt, string> {
  const become = new Map<string, readonly Known[]>();
  for (const { name, from, missing, range } of columns) {
    const year = (days: number): number => new Date(days * DAY_MS).getUTCFullYear();
    const part = (what: string, minimum: number, maximum: number): Known => ({
      name: `${name} (${what})`,
      from,
      type: 'number',
      holds: 'number',
      missing,
      range: { minimum, maximum },
    });
    const [first, last] = [range?.minimum ?? 0, range?.maximum ?? 0].map(year) as [number, number];
    become.set(name, [
      ...Object.entries(PARTS).map(([what, [low, high] = [first, last]]) =>
        part(what, low, Math.max(high, low + (what === 'year' ? 1 : 0))),
      ),
      ...(settings['cyclic'] === true
        ? CYCLIC.flatMap((what) => [part(`${what}, sine`, -1, 1), part(`${what}, cosine`, -1, 1)])
        : []),
    ]);
  }
  return ok({ state: columns.map(({ name }) => ({ name })), notes: [], become });
}

export function dropping({ columns }: Asked): Result<Learnt, string> {
  return ok({
    state: columns.map(({ name }) => ({ name })),
    notes: [],
    become: new Map(columns.map(({ name }) => [name, []])),
  });
}
