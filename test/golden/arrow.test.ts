// Arrow files as pyarrow 25.0.1 writes them, read to the cells that stand here as they were given to it.
import { expect, test } from 'vitest';
import { readRawTable } from '../../src/lib/modalities/raw-table.ts';
import { sourceOfBytes } from '../../src/lib/modalities/source-file.ts';
import { irises, packed } from '../support/arrow-fixtures.ts';

const read = async (name: string, bytes: Uint8Array) => {
  const table = await readRawTable([sourceOfBytes(name, bytes)], '');
  if (!table.ok) throw new Error(table.error);
  return table.value;
};

test('a file of two batches, with a list of values, missing cells and each kind of value', async () => {
  const { header, rows } = await read('irises.arrow', irises);
  expect(header.join()).toBe('petal,half,count,species,picked,seen,large,price,note');
  expect(rows).toEqual([
    // 2⁵³ + 1 is no double; the nanoseconds behind the millisecond are cut off.
    [
      '1.4',
      '0.5',
      '9007199254740993',
      'setosa',
      '1936-09-01',
      '2023-11-14T22:13:20.123Z',
      'true',
      '12.3',
      'Fisher',
    ],
    ['1.5', '', '', '', '', '', '', '', ''],
    [
      '6',
      '-2',
      '-1',
      'virginica',
      '1970-01-01',
      '1969-12-31T23:59:59.999Z',
      'false',
      '-0.05',
      'The use of multiple measurements',
    ],
  ]);
});

test('a Feather file packed by LZ4', async () => {
  const { rows } = await read('words.feather', packed);
  expect(rows.flat()).toEqual([...Array.from({ length: 299 }, () => 'again and again'), 'once']);
});
