// What is kept of a table, read back: the same cells, and so the same figures.
import { expect, test } from 'vitest';
import { explore } from '../../core/exploration/explore.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { importFiles } from '../import.ts';
import { refusalLog } from '../import-report.ts';
import { sourceOfText } from '../source-file.ts';
import { cellTexts, decodedColumns } from './decoded-columns.ts';
import { readColumns } from './read-columns.ts';
import { patientCohortContract, patientCohortCsv } from './sample-patient-cohort.ts';

const csv = patientCohortCsv(3, 400);

async function kept(): Promise<Examples> {
  const parts: Examples[] = [];
  await importFiles(
    [sourceOfText('ward.csv', csv)],
    patientCohortContract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: () => Promise.reject(new Error('no pictures')) },
  );
  const examples = joinExamples(parts);
  if (examples === undefined) throw new Error('Nothing was read.');
  return examples;
}

test('the cells of an import come back as they were written', async () => {
  const table = decodedColumns(patientCohortContract, await kept());
  const [header = [], ...rows] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const written = rows.map((row) =>
    table.columns.map((column) => row[header.indexOf(column.name)] ?? 'no such column'),
  );
  const { target } = patientCohortContract;
  const labels = new Map(
    target.type === 'classes'
      ? target.classes.flatMap((one) => one.values.map((value) => [value, one.label]))
      : [],
  );
  const spoken = (cell: string, column: number): string =>
    /^(\?|na|nan|null|-)?$/i.test(cell)
      ? ''
      : column === table.columns.length - 1
        ? (labels.get(cell) ?? cell)
        : Number.isNaN(Number(cell))
          ? cell
          : String(Number(cell));
  expect(table.rows).toBe(400);
  expect(cellTexts(table, 0, 400)).toEqual(written.map((row) => row.map(spoken)));
});

test('figures of what is kept are those of the file', async () => {
  const log = refusalLog();
  const fromFile = explore(await readColumns([sourceOfText('ward.csv', csv)], log));
  const fromKept = explore(decodedColumns(patientCohortContract, await kept()));
  let compared = 0;
  for (const column of fromKept.columns) {
    const other = fromFile.columns.find((one) => one.name === column.name);
    if (column.type !== 'number' || other?.type !== 'number') continue;
    expect(column.summary).toEqual(other.summary);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(2);
  expect(log.report(0, 0, 0).refused).toBe(0);
});

test('files of other columns are refused, and of a text every column is read', async () => {
  const log = refusalLog();
  const table = await readColumns(
    [
      sourceOfText('a.csv', 'when,who,n\n2020-01-01,Ann,1\n2020-01-02,,\n'),
      sourceOfText('b.csv', 'n,when,who\n3,2020-01-03,Bo\n'),
      sourceOfText('c.csv', 'n,who\n3,Bo\n'),
    ],
    log,
  );
  expect(table.columns).toMatchObject([
    { type: 'time', name: 'when' },
    { type: 'category', codes: Int32Array.of(0, -1, 1), labels: ['Ann', 'Bo'] },
    { type: 'number', values: Float64Array.of(1, NaN, 3) },
  ]);
  expect(log.report(0, 0, 0).refusals).toMatchObject([{ file: 'c.csv', kind: 'wrong-header' }]);
});
