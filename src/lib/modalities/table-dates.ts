// Dates as parts that a model can use: a column that holds nothing but dates becomes columns of numbers. Each row by itself, so that
// nothing is fitted; the same parts wherever a row is read.
import { isMissing } from './table/missing.ts';

const DATE =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

export interface Dated {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** [year, month, day, weekday (1 Monday), hour]; undefined where it is no date. Time zones are not converted: the clock on the wall counts. */
export function datePartsOf(text: string): readonly [number, number, number, number, number] | undefined {
  const found = DATE.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour] = [found[1], found[2], found[3], found[4] ?? '0'].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23) return undefined;
  return [year, month, day, ((date.getUTCDay() + 6) % 7) + 1, hour];
}

const PARTS = ['year', 'month', 'day', 'weekday', 'hour'] as const;

/** Takes the place of each column of dates but `except`; parts that never vary fall away where columns are chosen. */
export function withDateParts(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  except: string,
): Dated {
  const isDate = header.map((name, field) => {
    if (name === except) return false;
    let dates = 0;
    for (const row of rows) {
      const text = row[field] ?? '';
      if (isMissing(text)) continue;
      if (datePartsOf(text) === undefined) return false;
      dates += 1;
    }
    return dates > 0;
  });
  if (!isDate.includes(true)) return { header, rows, notes: [] };
  return {
    header: header.flatMap((name, field) =>
      isDate[field] === true ? PARTS.map((part) => `${name} (${part})`) : [name],
    ),
    rows: rows.map((row) =>
      row.flatMap((text, field) =>
        isDate[field] === true ? (datePartsOf(text)?.map(String) ?? PARTS.map(() => '')) : [text],
      ),
    ),
    notes: header
      .filter((_, field) => isDate[field])
      .map((name) => `“${name}” holds dates and is taken as year, month, day, weekday and hour.`),
  };
}
