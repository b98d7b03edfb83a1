// A person's own table: every row fits the contract that was made of all of them, whatever was chosen.
import { expect, test } from 'vitest';
import { importFiles } from '../import.ts';
import { lookAtFiles } from '../look-at-files.ts';
import { sourceOfText, type SourceFile } from '../source-file.ts';
import { contractOfChoices, draftChoices, targetUsesOf, usesOf } from './own-contract.ts';
import type { TableFacts } from './table-facts.ts';

/** A category that only the last rows hold, far beyond what a draft from the file's start would see. */
const ROWS = 60_000;
const visits = [
  'visit,day,ward,weight,note,stay',
  ...Array.from(
    { length: ROWS },
    (_, i) =>
      `${i},2024-0${1 + (i % 9)}-1${i % 10},${i < ROWS - 3 ? 'abc'[i % 3]! : 'rare'},${i % 7 === 0 ? '' : 50 + (i % 400) / 10},said ${i},${i % 5}`,
  ),
].join('\n');

const factsOf = async (...files: SourceFile[]): Promise<TableFacts> => {
  const found = await lookAtFiles(files);
  if (!found.ok || found.value.type !== 'table') throw new Error(JSON.stringify(found));
  return found.value.facts;
};
const refused = async (...files: SourceFile[]): Promise<string> => {
  const found = await lookAtFiles(files);
  return found.ok ? 'it was taken' : found.error.message;
};
const columnOf = (facts: TableFacts, name: string) => facts.columns.find((one) => one.name === name)!;

test('all rows are looked at, so that an import refuses none for what it holds', async () => {
  const file = sourceOfText('visits.csv', visits);
  const fractions: number[] = [];
  const found = await lookAtFiles([file], { onProgress: (fraction) => fractions.push(fraction) });
  if (!found.ok || found.value.type !== 'table') throw new Error('no table');
  const { facts } = found.value;
  expect(facts.rows).toBe(ROWS);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
  expect(columnOf(facts, 'ward').values).toEqual(['a', 'b', 'c', 'rare']);
  expect(columnOf(facts, 'weight').missing).toBe(Math.ceil(ROWS / 7));

  const draft = draftChoices(facts);
  if (!draft.ok) throw new Error(draft.error.message);
  expect(draft.value.choices).toEqual({
    target: 'stay',
    asked: 'classes',
    uses: { visit: 'number', day: 'number', ward: 'category', weight: 'number', note: 'out', stay: 'out' },
  });
  const contract = contractOfChoices(facts, draft.value.choices);
  if (!contract.ok) throw new Error(contract.error);
  const { report } = await importFiles(
    [file],
    contract.value,
    { append: () => Promise.resolve() },
    { decodeImage: () => Promise.reject(new Error('none')) },
  );
  expect(report).toMatchObject({ accepted: ROWS, refused: 0, duplicates: 0 });
});

test('what a column can be taken for, and what can be asked of it', async () => {
  const facts = await factsOf(sourceOfText('visits.csv', visits));
  const uses = (name: string) => usesOf(columnOf(facts, name));
  expect(uses('visit')).toEqual(['number', 'out']);
  expect(uses('day')).toEqual(['number', 'category', 'out']);
  expect(uses('ward')).toEqual(['category', 'text', 'out']);
  expect(uses('note')).toEqual(['text', 'out']);
  const asks = (name: string) => targetUsesOf(columnOf(facts, name));
  expect(asks('day')).toEqual([]);
  expect(asks('note')).toEqual([]);
  expect(asks('ward')).toEqual(['classes']);
  expect(asks('weight')).toEqual(['number']);
  expect(asks('stay')).toEqual(['classes', 'number']);
});

test('choices that cannot be are refused with what to do', async () => {
  const facts = await factsOf(sourceOfText('a.csv', 'x,y\n1,2\n2,3\n3,5\n'));
  const uses = { x: 'number', y: 'out' } as const;
  expect(contractOfChoices(facts, { target: 'y', asked: 'number', uses })).toMatchObject({
    ok: true,
    value: {
      columns: [{ name: 'x', minimum: null, maximum: null, missingAllowed: true }],
      target: { type: 'number' },
    },
  });
  expect(contractOfChoices(facts, { target: 'z', asked: 'number', uses })).toMatchObject({
    error: '“z” cannot be predicted as a number. Choose another column.',
  });
  expect(contractOfChoices(facts, { target: 'y', asked: 'number', uses: { x: 'out' } })).toMatchObject({
    error: 'Every column is left out. Take in at least one to learn from.',
  });
});

test('files of one table are one table; others, and none, are refused by name', async () => {
  const a = sourceOfText('a.csv', 'x,y\n1,2\n2,3\n');
  expect((await factsOf(a, sourceOfText('b.csv', 'y;x\n4;9\n'))).columns[0]).toMatchObject({
    name: 'x',
    numbers: { maximum: 9 },
  });
  expect(await refused(a, sourceOfText('c.csv', 'x,z\n1,2\n'))).toBe(
    '“c.csv” has other columns (“x”, “z”) than the file before it (“x”, “y”). Choose files of one table.',
  );
  expect(await refused(sourceOfText('d.csv', 'x,x\n1,2\n'))).toBe(
    '“d.csv”: The header names “x” twice. Rename one of the two columns.',
  );
  expect(await refused(sourceOfText('e.csv', 'x,y\n'))).toBe(
    'The file has a header line and no rows. A few rows are needed to see what the columns hold.',
  );
  expect(await refused(sourceOfText('g.json', '[{"x": 1'))).toMatch(/^“g\.json”: (?!The file is empty)/);
  expect(await refused(sourceOfText('f.csv', ''))).toBe(
    'There is nothing in what was chosen. Choose a CSV, a zip or a folder of pictures.',
  );
});

test('data of one’s own is read as its contract was made, and under a federation’s no unit is dropped', async () => {
  const file = sourceOfText(
    'prices.csv',
    [
      'price,rooms,share',
      ...Array.from({ length: 40 }, (_, i) => `"$1,${200 + i}",${i % 3 === 0 ? 'none' : i % 3},${i}%`),
    ].join('\n'),
  );
  const facts = await factsOf(file);
  const contract = contractOfChoices(facts, {
    target: 'share',
    asked: 'number',
    uses: { price: 'number', rooms: 'category' },
  });
  if (!contract.ok) throw new Error(contract.error);
  const reportOf = async (isOwn: boolean) =>
    (
      await importFiles(
        [file],
        contract.value,
        { append: () => Promise.resolve() },
        { decodeImage: () => Promise.reject(new Error('none')), isOwn },
      )
    ).report;
  expect(await reportOf(true)).toMatchObject({ accepted: 40, refused: 0 });
  const federated = await reportOf(false);
  expect(federated).toMatchObject({ accepted: 0, refused: 40 });
  expect(federated.refusals[0]?.message).toMatch(/“price” holds “\$1,200”.*Write all of them without \$/);
});
