import { expect, test } from 'vitest';
import { sourceOfText } from '../source-file.ts';
import { parseJson, wholeTable } from './json-tables.ts';
import { readHead } from './read-head.ts';

async function table(value: unknown, name = 'a.json'): Promise<unknown> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const found = await readHead(sourceOfText(name, text), 1e6);
  return found.ok ? [found.value.header, ...found.value.rows] : found.error.message;
}
const WANTED = [
  ['age', 'ill'],
  ['61', 'no'],
  ['62', 'yes'],
];
const records = [
  { age: 61, ill: 'no' },
  { age: 62, ill: 'yes' },
];

test.each([
  ['columns, as pandas writes by itself', { age: { 0: 61, 1: 62 }, ill: { 0: 'no', 1: 'yes' } }],
  ['rows by their index', { 0: records[0], 1: records[1] }],
  ['columns, index and data (split)', { columns: ['age', 'ill'], index: [0, 1], data: WANTED.slice(1) }],
  ['a schema and data (table)', { schema: { fields: [{ name: 'age' }] }, data: records }],
  ['columns as lists', { age: [61, 62], ill: ['no', 'yes'] }],
  ['lists under a list of names', WANTED],
  ['records in an object, as interfaces answer', { count: 2, next: null, results: records }],
  ['records within objects', { status: 'ok', data: { count: 2, page: { items: records } } }],
])('JSON of %s is a table', async (_, value) => {
  expect(await table(value)).toEqual(WANTED);
});

test('an object to a line stays one, and so does a record of lists', async () => {
  expect(await table('{"age":[61,62],"ill":["a","b"]}\n{"age":[61,62],"ill":["a","b"]}')).toEqual([
    ['age', 'ill'],
    ['[61,62]', '["a","b"]'],
    ['[61,62]', '["a","b"]'],
  ]);
  expect(await table({ user: { age: 61 }, place: { city: 'Basel' } })).toEqual([
    ['user.age', 'place.city'],
    ['61', 'Basel'],
  ]);
  expect(
    await table([
      [61, 'no'],
      [62, 'yes'],
    ]),
  ).toContain('have no names');
});

test('Python’s NaN is missing, and long whole numbers keep all their digits', () => {
  expect(
    parseJson('{"a": NaN, "b": [-Infinity, "NaN"], "c": 10000000000000000001, "d": 0.12345678901234567}'),
  ).toEqual({
    a: null,
    b: [null, 'NaN'],
    c: '10000000000000000001',
    d: 0.12345678901234567,
  });
});

test('a text of escapes is gone over once, however long, and whether it ends or not', () => {
  const long = '\\n'.repeat(6_000_000);
  expect(parseJson(`{"a":1234567890123456,"b":"${long}"}`)).toMatchObject({ a: '1234567890123456' });
  expect(() => parseJson(`{"a":1234567890123456,"b":"${'\\"'.repeat(1e6)}`)).toThrow(SyntaxError);
});

test('the end of a first object is looked for once', async () => {
  const unended = `{"b":"${'\\"'.repeat(1e5)}`;
  expect(await table(unended)).toMatch(/cut off/);
});

test('what only looks like a number of Python’s stays what it is', () => {
  expect(parseJson('{"1234567890123456": [1234567890123456.5, 1e-5, -1234567890123456]}')).toEqual({
    1234567890123456: [1234567890123456.5, 1e-5, '-1234567890123456'],
  });
  expect(() => parseJson('[NaNs]')).toThrow(SyntaxError);
});

const whole = (value: unknown, name = 'a.json'): ReturnType<typeof wholeTable> => {
  const file = sourceOfText(name, JSON.stringify(value));
  return wholeTable(file, new Uint8Array(0), JSON.stringify(value));
};

test('what stands beside a list of records is a column, or named as left unread', async () => {
  const rows = [{ age: 61 }, { age: 62 }];
  expect(await whole({ data: rows, target: [0, 1] })).toEqual({
    rows: [
      { age: 61, target: 0 },
      { age: 62, target: 1 },
    ],
    notes: [],
  });
  expect(await whole({ id: 1, readings: rows, age: [5, 6], names: ['a'] })).toEqual({
    rows,
    notes: ['Beside its rows, left unread: “id”, “age”, “names”.'],
  });
  expect(await whole({ columns: ['age'], index: [7, 9], data: [[61], [62]], ill: ['no', 'yes'] })).toEqual({
    rows: [
      { age: 61, ill: 'no' },
      { age: 62, ill: 'yes' },
    ],
    notes: ['The names of its rows are left unread: “7”, “9”.'],
  });
});

test('a line of JSON Lines is a row, be it the only one', async () => {
  for (const name of ['a.jsonl', 'a.ndjson', 'a.jsonl.gz'])
    expect(await whole({ id: 1, readings: records }, name)).toBeUndefined();
});

test('an object of objects is a table only where one side numbers or dates its rows', async () => {
  const inner = { age: 5, height: 6 };
  expect(await whole({ person: inner, ward: inner })).toBeUndefined();
  expect(await table({ person: inner, ward: inner })).toEqual([
    ['person.age', 'person.height', 'ward.age', 'ward.height'],
    ['5', '6', '5', '6'],
  ]);
  expect(await whole({ age: { '2020-01-01': 5, '2020-01-02': 6 } })).toEqual({
    rows: [{ age: 5 }, { age: 6 }],
    notes: ['The names of its rows are left unread: “2020-01-01”, “2020-01-02”.'],
  });
  expect(await whole({ 2020: inner, 2021: inner })).toMatchObject({
    rows: [inner, inner],
    notes: ['The names of its rows are left unread: “2020”, “2021”.'],
  });
});
