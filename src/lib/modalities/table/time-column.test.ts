// Columns of dates: drafted, read, refused with a suggestion, and shown again as they were written.
import { expect, test } from 'vitest';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import type { TableContract } from '../../core/data/contract.ts';
import { importFiles } from '../import.ts';
import { inferContract } from '../infer.ts';
import { sourceOfText } from '../source-file.ts';
import { cellTexts, decodedColumns } from './decoded-columns.ts';

const hours = Array.from({ length: 60 }, (_, i) =>
  new Date(Date.UTC(2011, 3, 1, i * 7)).toISOString().slice(0, 16),
);
const table = ['when,level,ill', ...hours.map((hour, i) => `${hour},${i % 9},${i % 2 ? 'yes' : 'no'}`)].join(
  '\n',
);

async function imported(text: string, contract: TableContract) {
  const parts: Examples[] = [];
  const { report } = await importFiles(
    [sourceOfText('a.csv', text)],
    contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: () => Promise.reject(new Error('no pictures')) },
  );
  return { report, examples: joinExamples(parts) };
}
async function drafted(text: string): Promise<TableContract> {
  const found = await inferContract([sourceOfText('a.csv', text)]);
  if (!found.ok || found.value.contract.kind !== 'table') throw new Error('No table was drafted.');
  return found.value.contract;
}

test('a column of moments is drafted as one, scaled by days, and no target', async () => {
  const contract = await drafted(table);
  // Days from 1970 to 1 April 2011 are 15065; 60 steps of 7 hours end 17 days later.
  expect(contract.columns[0]).toMatchObject({ type: 'number', reads: 'time', minimum: null, maximum: null });
  const [when] = contract.columns;
  expect(when?.type === 'number' && when.mean).toBeCloseTo(15065 + (59 * 7) / 24 / 2, 2);
  expect(contract.target.name).toBe('ill');
});

test('moments come back to the hour, and days to the day', async () => {
  const contract = await drafted(table);
  const { examples, report } = await imported(table, contract);
  if (examples === undefined) throw new Error('Nothing was read.');
  expect(report.refused).toBe(0);
  const shown = cellTexts(decodedColumns(contract, examples), 0, 60).map(([when]) => when);
  expect(shown).toEqual(hours.map((hour) => (hour.endsWith('T00:00') ? hour.slice(0, 10) : `${hour}:00Z`)));
});

test.each([
  ['17.05.2024', 'Write the year first: 17.05.2024 as 2024-05-17.'],
  ['5/17/2024', 'Write the year first: 5/17/2024 as 2024-05-17.'],
  ['04/05/2024', /can be read in two ways/],
  ['yesterday', /Write dates as 2024-05-17/],
])('%s in a column of dates is refused with what to write', async (cell, fix) => {
  const contract = await drafted(table);
  const { report } = await imported(`when,level,ill\n2024-05-17,1,yes\n${cell},1,yes\n`, contract);
  expect(report).toMatchObject({ accepted: 1, refused: 1 });
  expect(report.refusals[0]).toMatchObject({ row: 3, column: 'when', kind: 'not-a-time' });
  expect(report.broken[0]?.fix).toMatch(fix);
});

test('bounds of a column of dates are said as dates', async () => {
  const { columns, ...rest } = await drafted(table);
  const contract: TableContract = {
    ...rest,
    columns: columns.map((column) =>
      column.type === 'number' && column.reads === 'time' ? { ...column, minimum: 15065 } : column,
    ),
  };
  const { report } = await imported('when,level,ill\n2011-03-31,1,yes\n', contract);
  expect(report.refusals[0]?.message).toMatch(
    /must be at earliest 2011-04-01, but the cell holds “2011-03-31”/,
  );
});
