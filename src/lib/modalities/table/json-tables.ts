// Tables in JSON that are no list of objects: what pandas writes by itself (an object of columns) and by its other orients, lists of
// lists under a list of names, and a list of records within an object, as interfaces answer and GeoJSON has them.
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

/** The rows of such a file, each an object; undefined where it is read record by record, and 'unnamed' where its lists have no names. */
export async function wholeTable(
  file: SourceFile,
  head: Uint8Array,
  headText: string,
): Promise<readonly object[] | 'unnamed' | undefined> {
  const start = headText.trimStart();
  if (file.size > MOST_BYTES || !/^(\{|\[\s*\[)/.test(start)) return undefined;
  // What goes on behind its first object is a record to a line.
  const end = start.startsWith('{') ? endOfObject(start) : undefined;
  if (end !== undefined && start.slice(end).trim() !== '') return undefined;
  const pieces: string[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of textChunks(file, encodingOf(head)))
    pieces.push(decoder.decode(chunk, { stream: true }));
  let value: unknown;
  try {
    value = parseJson(pieces.join(''));
  } catch {
    return undefined;
  }
  return Array.isArray(value) ? (namedRows(value[0], value.slice(1)) ?? 'unnamed') : rowsIn(value);
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

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCell = (value: unknown): boolean => typeof value !== 'object' || value === null;

function rowsIn(value: unknown): readonly object[] | undefined {
  if (!isObject(value)) return undefined;
  if (Array.isArray(value['columns']) && Array.isArray(value['data']))
    return namedRows(value['columns'], value['data']);
  const values = Object.values(value);
  const lists = values.filter((one) => Array.isArray(one));
  const [records, ...further] = lists.filter((list) => list.length > 0 && list.every(isObject));
  if (records !== undefined) return further.length === 0 ? records : undefined;
  const [first] = values;
  if (Array.isArray(first) && first.length > 1)
    return lists.length === values.length &&
      lists.every((list) => list.length === first.length && list.every(isCell))
      ? first.map((_, row) =>
          Object.fromEntries(Object.keys(value).map((name, at) => [name, lists[at]?.[row]])),
        )
      : undefined;
  return isObject(first) ? ofColumns(value, first) : undefined;
}

/** {"age": {"0": 61, "1": 62}, "ill": {…}}, or the same by rows: {"0": {"age": 61, "ill": "no"}, "1": …}. */
function ofColumns(
  value: Readonly<Record<string, unknown>>,
  first: Readonly<Record<string, unknown>>,
): readonly object[] | undefined {
  const inner = Object.keys(first);
  const outer = Object.entries(value);
  const isTable = outer.every(
    ([, one]) =>
      isObject(one) &&
      Object.keys(one).length === inner.length &&
      inner.every((key) => key in one && isCell(one[key])),
  );
  const areNumbered = (names: readonly string[]): boolean => names.every((name) => /^\d+$/.test(name));
  if (!isTable) return undefined;
  if (areNumbered(outer.map(([key]) => key)) && !areNumbered(inner))
    return outer.map(([, row]) => Object(row));
  if (inner.length < 2) return undefined;
  return inner.map((row) => Object.fromEntries(outer.map(([name, column]) => [name, Object(column)[row]])));
}

function namedRows(names: unknown, rows: readonly unknown[]): readonly object[] | undefined {
  if (!Array.isArray(names) || rows.length === 0) return undefined;
  const areNames = names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
  if (!areNames || rows.some((row) => !Array.isArray(row) || row.length !== names.length)) return undefined;
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [String(name), Object(row)[at]])));
}
