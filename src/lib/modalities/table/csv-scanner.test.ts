import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { csvScanner, MAXIMUM_RECORD_BYTES, recordTexts } from './csv-scanner.ts';

interface Scanned {
  readonly cells: readonly string[];
  readonly row: number;
  readonly isMalformed: boolean;
}

/** Scans bytes pushed in pieces of the given size. */
function scanned(bytes: Uint8Array, piece = bytes.length || 1, delimiter = ','): Scanned[] {
  const records: Scanned[] = [];
  const scanner = csvScanner(delimiter.charCodeAt(0), (record) =>
    records.push({ cells: recordTexts(record), row: record.row, isMalformed: record.isMalformed }),
  );
  for (let at = 0; at < bytes.length; at += piece) scanner.push(bytes.slice(at, at + piece));
  scanner.end();
  return records;
}

const cells = (text: string, delimiter = ','): (readonly string[])[] =>
  scanned(new TextEncoder().encode(text), undefined, delimiter).map((record) => record.cells);

test.each([
  ['one record', 'a,b\n', [['a', 'b']]],
  ['no line break at the end', 'a,b', [['a', 'b']]],
  [
    'CRLF',
    'a,b\r\nc,d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'CR alone, as old Macs wrote',
    'a,b\rc,d\r',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'empty cells',
    ',\n,b,\n',
    [
      ['', ''],
      ['', 'b', ''],
    ],
  ],
  ['a delimiter as the last byte', 'a,', [['a', '']]],
  ['a quoted delimiter', '"a,b",c', [['a,b', 'c']]],
  [
    'a quoted line break',
    '"a\r\nb",c\nd,e',
    [
      ['a\r\nb', 'c'],
      ['d', 'e'],
    ],
  ],
  ['doubled quotes', '"say ""yes""",b', [['say "yes"', 'b']]],
  ['an empty quoted cell', '"",b', [['', 'b']]],
  ['a quote inside an unquoted cell', '5" pipe,b', [['5" pipe', 'b']]],
  ['white space around cells', ' a , "b"', [['a', '"b"']]],
  ['empty lines', '\n\na\n\nb\n\n', [['a'], ['b']]],
  ['letters beyond ASCII', 'Größe,年齢\n', [['Größe', '年齢']]],
])('%s', (_, text, expected) => {
  expect(cells(text)).toEqual(expected);
});

test('rows are numbered as a spreadsheet numbers them: empty lines count, line breaks in a cell do not', () => {
  const rows = scanned(new TextEncoder().encode('h\n\n"a\nb"\nc\n')).map((record) => record.row);
  expect(rows).toEqual([1, 3, 4]);
});

test('text after a closing quote and a quote that never closes are malformed, and reading goes on where it can', () => {
  expect(scanned(new TextEncoder().encode('"a"b,c\nd,e')).map((one) => one.isMalformed)).toEqual([
    true,
    false,
  ]);
  expect(scanned(new TextEncoder().encode('a,b\n"c,d\n')).map((one) => one.isMalformed)).toEqual([
    false,
    true,
  ]);
});

test('a quote that never closes is given up after four megabytes, not after the whole file', () => {
  const line = new TextEncoder().encode(`${'x'.repeat(1022)},\n`);
  const bytes = new Uint8Array(3 * MAXIMUM_RECORD_BYTES);
  for (let at = 0; at < bytes.length; at += line.length) bytes.set(line.subarray(0, bytes.length - at), at);
  bytes[0] = 0x22;
  const records = scanned(bytes, 1 << 20);
  expect(records[0]?.isMalformed).toBe(true);
  expect(records.filter((record) => record.isMalformed)).toHaveLength(1);
  expect(records.length).toBeGreaterThan(7000);
});

// Papa Parse is the reference: for every well-formed text both see the same cells, however the bytes are cut into pieces.
test('it reads what Papa Parse reads, in pieces of any size', () => {
  const cell = fc.oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[a-z0-9.é ]{0,6}$/).map((text) => text.trim()) },
    {
      weight: 2,
      arbitrary: fc.stringMatching(/^[ab",;\n\ré]{0,6}$/).map((text) => `"${text.replaceAll('"', '""')}"`),
    },
  );
  let quotedCells = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.constantFrom(',', ';', '\t'),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      (rows, newline, delimiter, piece, endsWithBreak) => {
        const text = rows.map((row) => row.join(delimiter)).join(newline) + (endsWithBreak ? newline : '');
        quotedCells += text.split('"').length - 1;
        // The parts of a carriage return inside quotes would mislead Papa's guess: it is told the line break.
        const expected = Papa.parse<string[]>(text, { delimiter, newline }).data.filter(
          (row) => row.length > 1 || row[0] !== '',
        );
        const own = scanned(new TextEncoder().encode(text), piece, delimiter);
        expect(own.map((record) => record.cells)).toEqual(
          expected.map((row) => row.map((one) => one.trim())),
        );
        expect(own.every((record) => !record.isMalformed)).toBe(true);
      },
    ),
    { seed: 5, numRuns: 2000 },
  );
  expect(quotedCells).toBeGreaterThan(1000);
});

test('any bytes in pieces of any size give the same records as in one piece, and end', () => {
  const nasty = fc
    .array(fc.constantFrom(0x22, 0x2c, 0x0a, 0x0d, 0x61, 0x20, 0xff, 0x00), { maxLength: 60 })
    .map((bytes) => Uint8Array.from(bytes));
  let malformed = 0;
  fc.assert(
    fc.property(
      fc.oneof(nasty, fc.uint8Array({ maxLength: 200 })),
      fc.integer({ min: 1, max: 9 }),
      (bytes, piece) => {
        const whole = scanned(bytes);
        malformed += whole.filter((record) => record.isMalformed).length;
        expect(scanned(bytes, piece)).toEqual(whole);
      },
    ),
    { seed: 6, numRuns: 5000 },
  );
  expect(malformed).toBeGreaterThan(100);
});
