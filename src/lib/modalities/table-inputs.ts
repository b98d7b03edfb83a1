// The columns that a model wants of a raw table it has not seen: by name, dates and texts taken apart as they were for training.
import type { TableContract } from '../core/data/contract.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { listOf, quoted } from './import-report.ts';
import type { RawTable } from './raw-table.ts';
import { wordCells, wordColumn } from './table-words.ts';
import { DATE_PARTS, datePartsOf } from './table-dates.ts';

export interface TableInputs {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Refused in a sentence where columns are missing. */
export function tableInputs(table: RawTable, contract: TableContract): Result<TableInputs, string> {
  const places = contract.columns.map(({ name }) => placeOf(name, table.header));
  const missing = contract.columns.filter((_, at) => places[at] === undefined);
  if (missing.length > 0)
    return fail(
      `The model needs the columns ${listOf(
        missing.map((column) => quoted(column.name)),
        10,
      )}, which the table does not have. It has ${listOf(table.header.map(quoted), 20)}.`,
    );
  const fields = new Set(places.flatMap((place) => (place?.word === undefined ? [] : [place.field])));
  const texts = Array.from(fields, (field) => ({
    field,
    words: places.flatMap((place) => (place?.field === field ? (place.word ?? []) : [])),
  }));
  return ok({
    header: contract.columns.map((column) => column.name),
    rows: table.rows.map((row) => {
      // Each text is taken apart once, however many of its words are asked for.
      const weights = new Map(texts.map(({ field, words }) => [field, weightsOf(row[field] ?? '', words)]));
      return places.map((place) => {
        const text = row[place?.field ?? 0] ?? '';
        if (place?.word !== undefined) return weights.get(place.field)?.get(place.word) ?? '';
        if (place?.part === undefined) return text;
        const part = datePartsOf(text)?.[place.part];
        return part === undefined ? '' : String(part);
      });
    }),
  });
}

const weightsOf = (text: string, words: readonly string[]): ReadonlyMap<string, string> => {
  const cells = wordCells(text, words);
  return new Map(words.map((word, at) => [word, cells[at] ?? '']));
};

interface Place {
  readonly field: number;
  /** Of a date. */
  readonly part?: number;
  /** Of a text. */
  readonly word?: string;
}

function placeOf(name: string, header: readonly string[]): Place | undefined {
  const own = header.indexOf(name);
  if (own >= 0) return { field: own };
  for (const [part, word] of DATE_PARTS.entries()) {
    const ending = ` (${word})`;
    const field = name.endsWith(ending) ? header.indexOf(name.slice(0, -ending.length)) : -1;
    if (field >= 0) return { field, part };
  }
  for (const [field, column] of header.entries())
    if (column !== '' && name.startsWith(wordColumn(column, '')))
      return { field, word: name.slice(wordColumn(column, '').length) };
  return undefined;
}
