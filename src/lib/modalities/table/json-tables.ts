// Tables in JSON that are no list of objects: what pandas writes by itself (an object of columns) and by its other orients, lists of
// lists under a list of names, and a list of records within an object, as interfaces answer and GeoJSON has them.
import { listOf, quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { encodingOf, textChunks } from './text-bytes.ts';

/** Of a file that must be held whole to be read. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * As JSON.parse, but for what Python writes: NaN and Infinity are null, and whole numbers of 16 digits or more texts, to keep all of them.
 */
export function parseJson(text: string): unknown {
  if (!/(?<![.\d])\d{16}/.test(text))
    try {
      return JSON.parse(text);
    } catch (error) {
      if (!/NaN|Infinity/.test(text)) throw error;
    }
  return JSON.parse(asJson(text));
}

const [QUOTE, BACKSLASH, MINUS, DOT, PLUS] = [0x22, 0x5c, 0x2d, 0x2e, 0x2b];
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
/** Of a number or a name, as they stand outside texts. */
const isOfWord = (code: number): boolean =>
  isDigit(code) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === MINUS ||
  code === DOT ||
  code === PLUS;

/**
 * What Python writes, as JSON has it. By hand and once over the text: an expression for texts with escapes begins anew at each quote
 * where one does not end, and runs out of stack where one is long.
 */
function asJson(text: string): string {
  const pieces: string[] = [];
  /** What stands before is handed on. */
  let done = 0;
  const replace = (from: number, to: number, by: string): void => {
    pieces.push(text.slice(done, from), by);
    done = to;
  };
  for (let at = 0; at < text.length;) {
    const from = at;
    const first = text.charCodeAt(at);
    if (first === QUOTE) at = endOfText(text, at);
    else if (!isOfWord(first)) at += 1;
    else {
      let digits = 0;
      for (let code = first; isOfWord(code); code = text.charCodeAt(at)) {
        if (isDigit(code)) digits += 1;
        at += 1;
      }
      const isWhole = digits === at - from - (first === MINUS ? 1 : 0);
      if (isWhole && digits >= 16) replace(from, at, `"${text.slice(from, at)}"`);
      else if (digits === 0 && /^(NaN|-?Infinity)$/.test(text.slice(from, Math.min(at, from + 10))))
        replace(from, at, 'null');
    }
  }
  return pieces.join('') + text.slice(done);
}

/** Behind the quote that ends the text which begins at `start`; the end of all where none does. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

/** Rows, each an object, and what was left unread of the file. */
export interface WholeTable {
  readonly rows: readonly object[];
  readonly notes: readonly string[];
}

/** The table of such a file; undefined where it is read record by record, and 'unnamed' where its lists have no names. */
export async function wholeTable(
  file: SourceFile,
  head: Uint8Array,
  headText: string,
  signal?: AbortSignal,
): Promise<WholeTable | 'unnamed' | undefined> {
  const start = headText.trimStart();
  if (file.size > MOST_BYTES || !/^(\{|\[\s*\[)/.test(start)) return undefined;
  // Its name says that each line is a row, be there one line alone.
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(file.path)) return undefined;
  // What goes on behind its first object is a record to a line.
  const end = start.startsWith('{') ? endOfObject(start) : undefined;
  if (end !== undefined && start.slice(end).trim() !== '') return undefined;
  const pieces: string[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of textChunks(file, encodingOf(head, file.reading?.encoding), { signal }))
    pieces.push(decoder.decode(chunk, { stream: true }));
  let value: unknown;
  try {
    value = parseJson(pieces.join(''));
  } catch {
    // Whoever reads it record by record says where it is no JSON.
    return undefined;
  }
  if (!Array.isArray(value)) return isObject(value) ? (tableIn(value) ?? recordsWithin(value)) : undefined;
  const rows = namedRows(value[0], value.slice(1));
  return rows === undefined ? 'unnamed' : { rows, notes: [] };
}

/** Behind the bracket that closes the object which the text begins with; undefined where it does not close. */
function endOfObject(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length;) {
    const letter = text[at];
    at = letter === '"' ? endOfText(text, at) : at + 1;
    if (letter === '{') depth += 1;
    else if (letter === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCell = (value: unknown): boolean => typeof value !== 'object' || value === null;

function tableIn(value: JsonObject): WholeTable | undefined {
  const { columns, data, index } = value;
  if (Array.isArray(columns) && Array.isArray(data)) {
    const rows = namedRows(columns, data);
    if (rows === undefined) return undefined;
    const table = withSiblings(rows, value, ['columns', 'data', 'index']);
    return Array.isArray(index)
      ? { ...table, notes: [...table.notes, ...indexNote(index.map(String))] }
      : table;
  }
  const lists = Object.entries(value).filter(([, one]) => Array.isArray(one));
  const [records, ...further] = Object.entries(value).flatMap(([name, one]) =>
    Array.isArray(one) && one.length > 0 && one.every(isObject) ? [{ name, rows: one }] : [],
  );
  if (records !== undefined)
    return further.length === 0 ? withSiblings(records.rows, value, [records.name]) : undefined;
  const [first] = Object.values(value);
  if (Array.isArray(first) && first.length > 1) {
    const areColumns =
      lists.length === Object.keys(value).length && lists.every(([, list]) => isColumn(list, first.length));
    return areColumns ? { rows: first.map((_, row) => rowOf(lists, row)), notes: [] } : undefined;
  }
  return isObject(first) ? ofObjects(value, first) : undefined;
}

/** How interfaces wrap what they answer: {"data": {"items": [{…}, …]}}. */
const MOST_WRAPPED = 3;

/** The one list of objects within objects; undefined where there are several, and nobody says which is meant. */
function recordsWithin(value: JsonObject): WholeTable | undefined {
  const found: { readonly path: string; readonly table: WholeTable }[] = [];
  const walk = (within: JsonObject, path: string, left: number): void => {
    for (const [name, one] of Object.entries(within)) {
      const inner = path === '' ? name : `${path}.${name}`;
      if (Array.isArray(one) && one.length > 1 && one.every(isObject))
        found.push({ path: inner, table: withSiblings(one, within, [name]) });
      else if (isObject(one) && left > 0) walk(one, inner, left - 1);
    }
  };
  walk(value, '', MOST_WRAPPED);
  const [only] = found;
  return only === undefined || found.length > 1
    ? undefined
    : { ...only.table, notes: [`Its rows are the list ${quoted(only.path)}.`, ...only.table.notes] };
}

const isColumn = (list: unknown, rows: number): boolean =>
  Array.isArray(list) && list.length === rows && list.every(isCell);

const rowOf = (columns: readonly (readonly [string, unknown])[], row: number | string): JsonObject =>
  Object.fromEntries(columns.map(([name, column]) => [name, Object(column)[row]]));

/** What stands beside the rows: a list of a value for each is a column (a target, say), and the rest is named as left unread. */
function withSiblings(rows: readonly JsonObject[], value: JsonObject, done: readonly string[]): WholeTable {
  const siblings = Object.entries(value).filter(([name]) => !done.includes(name));
  const columns = siblings.filter(
    ([name, one]) => isColumn(one, rows.length) && !rows.some((row) => Object.hasOwn(row, name)),
  );
  const unread = siblings.filter((one) => !columns.includes(one)).map(([name]) => quoted(name));
  return {
    rows: columns.length === 0 ? rows : rows.map((row, at) => ({ ...row, ...rowOf(columns, at) })),
    notes: unread.length === 0 ? [] : [`Beside its rows, left unread: ${listOf(unread, 10)}.`],
  };
}

/** How rows are numbered or dated where they have no other name, as an index of pandas is unless it was set to something else. */
const ROW_NAME = /^-?\d+(\.\d+)?$|^\d{4}-\d\d(-\d\d.*)?$/;

/**
 * {"age": {"0": 61, "1": 62}, "ill": {…}}, or the same by rows: {"0": {"age": 61, "ill": "no"}, "1": …}. Only where the names on one
 * side are numbers or dates: {"person": {"age": 61}, "ward": {"age": 4}} may be a table of either way, and is one record more likely.
 * Where those on both are, it is of columns, as pandas writes by itself.
 */
function ofObjects(value: JsonObject, first: JsonObject): WholeTable | undefined {
  const outer = Object.entries(value);
  const inner = Object.keys(first);
  const isTable = outer.every(
    ([, one]) =>
      isObject(one) &&
      Object.keys(one).length === inner.length &&
      inner.every((key) => Object.hasOwn(one, key) && isCell(one[key])),
  );
  if (!isTable || inner.length === 0) return undefined;
  const areRows = (names: readonly string[]): boolean => names.every((name) => ROW_NAME.test(name));
  if (areRows(inner))
    return inner.length < 2
      ? undefined
      : { rows: inner.map((row) => rowOf(outer, row)), notes: indexNote(inner) };
  const names = Object.keys(value);
  return areRows(names) ? { rows: outer.map(([, row]) => Object(row)), notes: indexNote(names) } : undefined;
}

/** Of numbers that count up from 0 nothing is lost. */
const indexNote = (names: readonly string[]): readonly string[] =>
  names.every((name, at) => name === String(at))
    ? []
    : [`The names of its rows are left unread: ${listOf(names.map(quoted), 3)}.`];

function namedRows(names: unknown, rows: readonly unknown[]): readonly JsonObject[] | undefined {
  if (!Array.isArray(names) || rows.length === 0) return undefined;
  const areNames = names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
  if (!areNames || rows.some((row) => !Array.isArray(row) || row.length !== names.length)) return undefined;
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [String(name), Object(row)[at]])));
}
