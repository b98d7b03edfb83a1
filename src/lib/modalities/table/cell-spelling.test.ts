import { expect, test } from 'vitest';
import { sourceOfText } from '../source-file.ts';
import { cellSpellings } from './cell-spelling.ts';
import { readHead } from './read-head.ts';

/** The cells of one column as they are read, in a file of one column. */
function read(cells: readonly string[], delimiter = ','): readonly string[] {
  const { fields } = cellSpellings(
    ['x'],
    cells.map((cell) => [cell]),
    delimiter,
  );
  return cells.map((cell) => fields[0]?.(cell) ?? cell);
}

test('numbers are read as people and offices write them', () => {
  expect(read(['1.234,50', '-7,5', '12'])).toEqual(['1234.50', '-7.5', '12']);
  expect(read(['$1,234', '$7.50', '-$3'])).toEqual(['1234', '7.50', '-3']);
  expect(read(['12%', '7.5 %'])).toEqual(['12', '7.5']);
  expect(read(['3,50 €', '1 200,00 €'])).toEqual(['3.50', '1200.00']);
  expect(read(['(12.50)', '3.25'])).toEqual(['-12.50', '3.25']);
  expect(read(['1,234', '56'])).toEqual(['1234', '56']);
  expect(read(['−4', '4'])).toEqual(['-4', '4']);
});

test('what can be read in two ways, and what is no one quantity, stands as it is', () => {
  for (const cells of [
    ['12%', '0.12'],
    ['$5', '5 €'],
    ['1,5', '2.5'],
    ['20-29', '30-39'],
    ['1.2.3', '1.2.4'],
    ['<0.5', '1.2'],
    ['00123', '00456'],
    ['1e5', '2.5'],
  ])
    expect(read(cells)).toEqual(cells);
  // Between semicolons a comma may stand before thousands or before decimals.
  expect(read(['1,234', '5,678'], ';')).toEqual(['1,234', '5,678']);
});

test('a column that leaves its mark open is read by the file’s others', () => {
  const rows = [
    ['1.234', '0,5'],
    ['2.500', '1,25'],
  ];
  const { fields, notes } = cellSpellings(['a', 'b'], rows, ';');
  expect(rows.map((row) => row.map((cell, field) => fields[field]?.(cell) ?? cell))).toEqual([
    ['1234', '0.5'],
    ['2500', '1.25'],
  ]);
  expect(notes).toEqual(['Read as numbers: “a” (“1.234” as 1234), “b” (“0,5” as 0.5).']);
});

test('words for no number are missing among numbers, and values among words', () => {
  expect(read(['1', 'None', '--', 'inf', '2.5'])).toEqual(['1', '', '', '', '2.5']);
  expect(read(['brick', 'None', 'stone'])).toEqual(['brick', 'None', 'stone']);
});

test('dates are read where one reading alone is possible', () => {
  expect(read(['01/05/2021', '01/25/2021'])).toEqual(['2021-01-05', '2021-01-25']);
  expect(read(['01/05/2021', '25/01/2021'])).toEqual(['2021-05-01', '2021-01-25']);
  expect(read(['01/05/2021', '02/05/2021'])).toEqual(['01/05/2021', '02/05/2021']);
  expect(read(['5.1.2021 7:30', '25.12.2021'])).toEqual(['2021-01-05T07:30:00', '2021-12-25']);
  expect(read(['3-Feb-2021', '4 March 2021'])).toEqual(['2021-02-03', '2021-03-04']);
  expect(read(['February 3, 2021 1:05 PM'])).toEqual(['2021-02-03T13:05:00']);
  expect(read(['1949-01', '1949-12'])).toEqual(['1949-01-01', '1949-12-01']);
  expect(read(['Jan 1990', 'Dec 1990'])).toEqual(['1990-01-01', '1990-12-01']);
  expect(read(['1959Q1', '1959Q2'])).toEqual(['1959-01-01', '1959-04-01']);
  // No such day, and one spelling only.
  expect(read(['31.02.2021'])).toEqual(['31.02.2021']);
  expect(read(['2021-02-03', '2021-02-04'])).toEqual(['2021-02-03', '2021-02-04']);
});

test('a contract’s own categories keep their spelling, and what it does not know is respelled', () => {
  const of = (rows: readonly string[], known: readonly string[]) =>
    cellSpellings(
      ['dose'],
      rows.map((cell) => [cell]),
      ',',
      (_, cell) => known.includes(cell),
    ).fields[0];
  expect(of(['7%', '5%'], ['5%'])).toBeUndefined();
  expect(of(['0', '1', 'unknown'], ['0', '1', 'unknown'])).toBeUndefined();
  // A contract that was drafted from respelled cells.
  expect(of(['0', '1', 'unknown'], ['0', '1'])?.('unknown')).toBe('');
});

test('lines before the header are left unread, and commas in numbers make no header', async () => {
  const head = async (text: string) => {
    const found = await readHead(sourceOfText('a.csv', text), 1e6);
    return found.ok ? [found.value.header, ...found.value.rows] : found.error.message;
  };
  expect(await head('# made by instrument 7\n# units: mm, kg\na,b,y\n1,2,3\n4,5,6\n7,8,9\n')).toEqual([
    ['a', 'b', 'y'],
    ['1', '2', '3'],
    ['4', '5', '6'],
    ['7', '8', '9'],
  ]);
  expect(await head('Report of ward 7\n\na,b\n1,2\n3,4\n')).toEqual([
    ['a', 'b'],
    ['1', '2'],
    ['3', '4'],
  ]);
  expect(await head('a;b\n1.234,5;0,5\n2,5;1,5\n')).toEqual([
    ['a', 'b'],
    ['1234.5', '0.5'],
    ['2.5', '1.5'],
  ]);
  expect(await head('#id\tb\n1\t2\n3\t4\n')).toEqual([
    ['#id', 'b'],
    ['1', '2'],
    ['3', '4'],
  ]);
  expect(await head('a  b y\n1  2 3\n4 5  6\n')).toMatch(
    /^The 3 columns of this file are separated by spaces/,
  );
});
