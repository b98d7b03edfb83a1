// An encoding fitted on the training rows of a table alone, and all its rows encoded by it: scales, categories and which columns are of
// use are learnt from what the model may see. A held-out row may hold what training rows never did; it reads as missing then.
import { murmur128 } from '../core/data/example-hash.ts';
import { exampleShape, type TableContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { inferTableContract } from './table/infer-contract.ts';
import { recordOfCells, rowEncoder } from './table/row-encoder.ts';
import type { TableTask } from './table-task.ts';

/** 128 million values are half a gigabyte. */
const MOST_VALUES = 128_000_000;

/** Refused with a sentence where the training rows leave nothing to learn from. */
export function fitContract(
  task: TableTask,
  training: ArrayLike<number>,
): Result<{ readonly contract: TableContract; readonly notes: readonly string[] }, string> {
  const rows = Array.from(training, (row) => task.rows[row] ?? []);
  const inferred = inferTableContract(task.header, rows, task.target.name);
  if (!inferred.ok) return fail(inferred.error.message);
  const { contract, columns, notes } = inferred.value;
  const numbers = columns[task.field]?.numbers;
  return ok({
    contract: {
      kind: 'table',
      // No bounds, and any category may be missing: no row is turned away for its inputs.
      columns: contract.columns.map((column) =>
        column.type === 'number'
          ? { ...column, minimum: null, maximum: null }
          : { ...column, missingAllowed: true },
      ),
      target:
        task.target.type === 'number' && numbers !== undefined
          ? { ...task.target, mean: numbers.mean, standardDeviation: numbers.standardDeviation }
          : task.target,
    },
    notes: notes.filter((note) => !note.startsWith('The target')),
  });
}

export interface EncodedTable {
  readonly examples: Examples;
  /** Row numbers of the task for each example. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Cells of kinds that training rows never held, read as missing. */
  readonly unseen: number;
  /** Rows left out, and why the first was. */
  readonly refused: number;
  readonly firstRefusal: string | undefined;
}

/** Encodes the rows at `indices` in that order, each by the one encoder that a row filled in by hand goes through too. */
export function encodeTable(
  task: TableTask,
  contract: TableContract,
  indices: ArrayLike<number>,
): Result<EncodedTable, string> {
  const width = exampleShape(contract)[0] ?? 1;
  if (width * indices.length > MOST_VALUES)
    return fail(
      `Encoded, the table has ${width} × ${indices.length} values, which is more than is held in memory here. Leave columns of many categories out (--without), or take a sample of its rows.`,
    );
  const fields = contract.columns.map((column) => task.header.indexOf(column.name));
  const encoder = rowEncoder(contract, fields, task.field);
  const features = new Float32Array(width * indices.length);
  const isClass = contract.target.type === 'classes';
  const targets = isClass ? new Int32Array(indices.length) : new Float32Array(indices.length);
  const taken: number[] = [];
  let unseen = 0;
  let refused = 0;
  let firstRefusal: string | undefined;
  for (let at = 0; at < indices.length; at += 1) {
    const row = indices[at]!;
    let cells = task.rows[row] ?? [];
    let problem = encoder.encode(recordOfCells(cells), features, taken.length * width);
    // Each round mends one column, so that as many rounds as columns are enough.
    for (let left = contract.columns.length; problem !== undefined && left > 0; left -= 1) {
      const index = contract.columns.findIndex((column) => column.name === problem?.column);
      const column = contract.columns[index];
      if (column === undefined) break;
      cells = cells.with(
        fields[index] ?? 0,
        column.type === 'number' && !column.missingAllowed ? String(column.mean) : '',
      );
      unseen += 1;
      problem = encoder.encode(recordOfCells(cells), features, taken.length * width);
    }
    if (problem !== undefined) {
      refused += 1;
      firstRefusal ??= problem.message;
      continue;
    }
    targets[taken.length] = encoder.target;
    taken.push(row);
  }
  const count = taken.length;
  return ok({
    examples: {
      count,
      features: features.slice(0, count * width),
      targets: targets.slice(0, count),
      hashes: rowHashes(taken.map((row) => task.rows[row] ?? [])),
    },
    rows: Uint32Array.from(taken),
    unseen,
    refused,
    firstRefusal,
  });
}

/** [rows, 2]: 64 bits over a row's cells as they stand in the file, before anything is fitted. */
export function rowHashes(rows: readonly (readonly string[])[]): Uint32Array<ArrayBuffer> {
  const hashes = new Uint32Array(rows.length * 2);
  const words = new Uint32Array(4);
  const encoder = new TextEncoder();
  for (const [row, cells] of rows.entries()) {
    const bytes = encoder.encode(cells.join('\u001f'));
    murmur128(words, bytes, 0, bytes.length, 0);
    hashes[2 * row] = words[0]!;
    hashes[2 * row + 1] = words[1]!;
  }
  return hashes;
}
