// What of a raw table is to be predicted: the target's column, or whether it lies above a number (`num>0`), and which rows say so.
import { fail, ok, type Result } from '../core/result.ts';
import type { TableTarget } from '../core/data/contract.ts';
import { listOf, quoted } from './import-report.ts';
import type { RawTable } from './raw-table.ts';
import { inferTableContract } from './table/infer-contract.ts';
import { isMissing } from '../core/data/missing.ts';

export interface TableTask {
  readonly header: readonly string[];
  /** Rows whose target is known. */
  readonly rows: readonly (readonly string[])[];
  /** Which row of the raw table each of them was. */
  readonly origins: Uint32Array<ArrayBuffer>;
  readonly field: number;
  /** Of all rows: its classes are what may be asked for; a number's scale is refitted on training rows. */
  readonly target: TableTarget;
  readonly notes: readonly string[];
}

export interface TaskSettings {
  /** A column of the header, or `column>number`. */
  readonly target: string;
  /** What the target is; null: by its values. */
  readonly kind: 'classes' | 'number' | null;
  /** Columns that are left out. */
  readonly without: readonly string[];
}

const ABOVE = /^(.+?)\s*>\s*([+-]?\d+(?:\.\d+)?)$/;

export function tableTask(table: RawTable, settings: TaskSettings): Result<TableTask, string> {
  const notes: string[] = [...(table.notes ?? [])];
  const { header } = table;
  const above = header.includes(settings.target) ? null : ABOVE.exec(settings.target);
  const name = above?.[1] ?? settings.target;
  const field = header.indexOf(name);
  if (field < 0)
    return fail(
      `There is no column ${quoted(name)} to predict. The header has ${listOf(header.map(quoted), 30)}.`,
    );
  const unknown = settings.without.filter((column) => !header.includes(column));
  if (unknown.length > 0)
    return fail(`There is no column ${listOf(unknown.map(quoted))} to leave out. Check the spelling.`);
  if (settings.without.includes(name)) return fail(`${quoted(name)} is the target and cannot be left out.`);
  const twice = header.find((column, at) => column !== '' && header.indexOf(column) !== at);
  if (twice !== undefined)
    return fail(`The header names ${quoted(twice)} twice. Rename one of the two columns.`);

  const origins = Uint32Array.from(
    table.rows.flatMap((row, at) => (isMissing(row[field] ?? '') ? [] : [at])),
  );
  let rows = Array.from(origins, (at) => table.rows[at] ?? []);
  const lost = table.rows.length - rows.length;
  if (lost > 0) notes.push(`${lost} rows without a value of ${quoted(name)} are left out.`);
  if (table.unreadable > 0)
    notes.push(`${table.unreadable} rows could not be read. The first: ${table.firstProblem ?? ''}`);
  if (rows.length === 0) return fail(`No row has a value of ${quoted(name)}.`);
  if (above !== null) {
    const limit = Number(above[2]);
    const bad = rows.find((row) => !Number.isFinite(Number(row[field])));
    if (bad !== undefined)
      return fail(`${settings.target} needs numbers, but ${quoted(name)} holds ${quoted(bad[field] ?? '')}.`);
    rows = rows.map((row) =>
      row.with(field, Number(row[field]) > limit ? `above ${limit}` : `up to ${limit}`),
    );
  }
  const kept = header
    .map((column, at) => (settings.without.includes(column) ? -1 : at))
    .filter((at) => at >= 0);
  if (kept.length < header.length) rows = rows.map((row) => kept.map((at) => row[at] ?? ''));
  const ownHeader = kept.map((at) => header[at] ?? '');
  const target = targetOf(ownHeader, rows, name, settings.kind);
  if (!target.ok) return target;
  // What was asked for is the second class, whose share areas and groups are told of.
  const asked =
    above !== null && target.value.type === 'classes'
      ? { ...target.value, classes: target.value.classes.toReversed() }
      : target.value;
  return ok({
    header: ownHeader,
    rows,
    origins,
    field: ownHeader.indexOf(name),
    target: asked,
    notes,
  });
}

/** The values of all rows say what is asked. */
function targetOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  name: string,
  kind: TaskSettings['kind'],
): Result<TableTarget, string> {
  const field = header.indexOf(name);
  // The target alone beside a column of numbers: whatever the others hold, they are judged on training rows.
  const inferred = inferTableContract(
    [name === 'row' ? 'line' : 'row', name],
    rows.map((row, at) => [String((at * 7919) % 1_000_003), row[field] ?? '']),
    name,
  );
  if (!inferred.ok) return fail(inferred.error.message);
  const facts = inferred.value.columns[1];
  const { target } = inferred.value.contract;
  if (facts === undefined) return fail('The target has no values.');
  if (kind === 'number' || (kind === null && target.type === 'number')) {
    const { numbers } = facts;
    if (numbers === undefined)
      return fail(`${quoted(name)} does not hold numbers alone, so that no number can be predicted.`);
    return ok({ type: 'number', name, mean: numbers.mean, standardDeviation: numbers.standardDeviation });
  }
  if (facts.distinct > 100)
    return fail(
      `${quoted(name)} has ${facts.distinct > 1000 ? 'more than 1,000' : facts.distinct} different values; at most 100 classes are told apart. ${
        facts.numbers === undefined ? 'Choose another target.' : 'Predict it as a number (--task number).'
      }`,
    );
  return ok({
    type: 'classes',
    name,
    classes: facts.values.map((value) => ({ label: value, values: [value] })),
  });
}
