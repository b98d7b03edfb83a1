import { expect, test } from 'vitest';
import { sourceOfText } from '../source-file.ts';
import { cellSpellings, type ColumnReading, type Misfit } from './cell-spelling.ts';
import { readHead } from './read-head.ts';

/** The cells of one column as they are read, in a file of one column. */
function read(
  cells: readonly string[],
  delimiter = ',',
  reading?: ColumnReading,
  later: readonly string[] = cells,
): readonly string[] {
  const { fields } = cellSpellings(
    ['x'],
    cells.map((cell) => [cell]),
    delimiter,
    reading === undefined ? undefined : () => reading,
  );
  return later.map((cell) => textOf(fields[0]?.(cell) ?? cell));
}
const textOf = (read: string | Misfit): string => (typeof read === 'string' ? read : read.message);

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

test('a column that leaves its mark open is read by the file’s others, and plain numbers stay what they are', () => {
  const rows = [
    ['1,234', '0,5'],
    ['2,500', '1,25'],
  ];
  expect(cellSpellings(['a', 'b'], rows, ';').notes).toEqual([
    'Read as numbers: “a” (“1,234” as 1.234), “b” (“0,5” as 0.5).',
  ]);
  const plain = [
    ['950', '12,50'],
    ['1.234', '0,75'],
    ['-5.678', '1,5'],
  ];
  const noted =
    'Read with a point before decimals, though it may stand before thousands: “a” (“1.234” as 1.234, not 1234). Take the points out where that is wrong.';
  for (const readingOf of [undefined, (): ColumnReading => 'number'])
    for (const delimiter of [';', '\t']) {
      const beside = cellSpellings(['a', 'b'], plain, delimiter, readingOf);
      expect(beside.fields.map((respell) => respell === undefined)).toEqual([true, false]);
      expect(beside.notes).toContain(noted);
      const alone = cellSpellings(['a'], plain, delimiter, readingOf);
      expect([alone.fields, alone.notes]).toEqual([[undefined], [noted]]);
    }
  expect(cellSpellings(['a'], plain, ',').notes).toEqual([]);
});

test('a column is open only where a cell is another number under each mark', () => {
  expect(read(['12%', '13%'], ';')).toEqual(['12', '13']);
  expect(read(['€ 12', '€ 13'], '\t')).toEqual(['12', '13']);
  expect(read(['1 234', '12 000'], ';')).toEqual(['1234', '12000']);
  expect(read(["12'345", "1'234"], ';')).toEqual(['12345', '1234']);
  // A later cell may be what the first were not.
  expect(read(['€ 12'], ';', undefined, ['€ 1,50', '€ 1.234'])).toEqual(['1.50', '€ 1.234']);
});

test('a cell without its column’s unit is not taken for a number', () => {
  expect(read(['12%', '13%'], ',', undefined, ['0.12', '5%'])).toEqual([
    '“x” is written as “12%” in the first rows, and here as “0.12”, which may be another number. Write all of them alike.',
    '5',
  ]);
  expect(read(['1,5', '2'], ';', undefined, ['1.5', '3,5', '4'])).toEqual([
    expect.stringContaining('here as “1.5”'),
    '3.5',
    '4',
  ]);
});

test('a contract’s numbers have no unit, and none is dropped', () => {
  expect(read(['12%'], ',', 'number')).toEqual([
    '“x” holds “12%”, and it is not known whether its numbers are percents or shares of 1. Write all of them without %, as the contract counts them.',
  ]);
  expect(read(['$1,234', '56'], ',', 'number')).toEqual([
    '“x” holds “$1,234”, and the currency of its numbers is not known. Write all of them without $, in the contract’s currency.',
    '56',
  ]);
  expect(read(['$5', '5 €'], ',', 'number')).toEqual(['$5', '5 €']);
  expect(read(['1.234,5', '7'], ';', 'number')).toEqual(['1234.5', '7']);
});

test('codes are no amounts and no dates', () => {
  for (const cells of [
    ['+1 555 123 456', '+44 555 123 456'],
    ['192.168.001.002', '10.168.001.002'],
    ['1.200.300', '1.200.301'],
    ['123 456 789', '123 456 790'],
    ['1001-02', '1001-03'],
  ])
    expect(read(cells)).toEqual(cells);
  expect(read(['1 234 567', '34 567'])).toEqual(['1234567', '34567']);
  expect(read(['1.234.567', '950'])).toEqual(['1234567', '950']);
});

test('a long cell is read as a text at once', () => {
  for (const start of ['1', '-', '$', '1 May 2021 '])
    expect(read([`${start}${' '.repeat(40_000)}x`])).toHaveLength(1);
  expect(read([`1${' '.repeat(70)}`])).toEqual([`1${' '.repeat(70)}`]);
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

test('under a contract numbers and times alone are respelled', () => {
  for (const cells of [['7%', '5%'], ['1.000', '0,5'], ['0', 'unknown'], ['3.02.2021']])
    expect(read(cells, ';', 'as-written')).toEqual(cells);
  expect(read(['3.02.2021'], ',', 'time')).toEqual(['2021-02-03']);
  expect(read(['3.02.2021'], ',', 'number')).toEqual(['3.02.2021']);
  expect(read(['0', '1', 'unknown'], ',', 'number')).toEqual(['0', '1', '']);
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
  expect(await head('#id,age\n1,7,30\n2,8,40\n')).toMatch(/^This row has 3 cells, but the header names 2/);
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
  expect(await head('a  b y\n1  2 3\n4 5  6\n')).toEqual([
    ['a', 'b', 'y'],
    ['1', '2', '3'],
    ['4', '5', '6'],
  ]);
});
