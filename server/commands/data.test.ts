// `tributary data` in process: what it prints, and that it is the tab's own import.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readDataPath } from '#lib/adapters/node/data-path.ts';
import { datasetVersion } from '#lib/core/data/dataset-version.ts';
import { patientCohortContract, patientCohortCsv } from '#lib/modalities/table/sample-patient-cohort.ts';
import { register } from './data.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-data-command-'));
  await writeFile(at('ward.csv'), patientCohortCsv(1, 60));
  await writeFile(at('contract.json'), JSON.stringify(patientCohortContract));
  await writeFile(at('broken.json'), '{"kind":"table","columns":[]}');
  await writeFile(at('dirty.csv'), 'age,sex,ill\n61,f,yes\n62,f\n63,m,no\n1e3,m,no\nold,f,yes\n');
  await writeFile(at('empty.csv'), '');
});
afterAll(() => rm(folder, { recursive: true }));

async function printed(...words: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const program = new Command('tributary').exitOverride();
  register(program);
  try {
    await program.parseAsync(['data', ...words], { from: 'user' });
  } finally {
    log.mockRestore();
    process.exitCode = undefined;
  }
  return lines;
}
const json = async (...words: readonly string[]): Promise<unknown> =>
  JSON.parse((await printed(...words, '--json')).join('\n'));

test('the version that it prints is that of the dataset which an import makes', async () => {
  const { examples } = await readDataPath(at('ward.csv'), patientCohortContract);
  const version = datasetVersion(patientCohortContract)
    .add(examples?.hashes ?? new Uint32Array(0))
    .finish();
  expect(await json(at('ward.csv'), '--contract', at('contract.json'))).toMatchObject({
    rows: 60,
    version,
    isDrafted: false,
    report: { refused: 0 },
  });
});

test('without a contract one is drafted, for the wanted target, and can be given back', async () => {
  const drafted = (await json(at('dirty.csv'), '--target', 'ill')) as { readonly contract: object };
  expect(drafted).toMatchObject({ isDrafted: true, contract: { target: { name: 'ill', type: 'classes' } } });
  await writeFile(at('drafted.json'), JSON.stringify(drafted.contract));
  expect(await json(at('dirty.csv'), '--contract', at('drafted.json'))).toMatchObject({
    contract: drafted.contract,
    isDrafted: false,
  });
});

test('refused rows are named by file, row, column and reason, and --strict ends with status 1', async () => {
  const contract = {
    kind: 'table',
    columns: [
      {
        type: 'number',
        name: 'age',
        minimum: 0,
        maximum: 120,
        missingAllowed: false,
        mean: 50,
        standardDeviation: 20,
      },
      { type: 'category', name: 'sex', categories: ['f', 'm'], missingAllowed: false },
    ],
    target: {
      type: 'classes',
      name: 'ill',
      classes: [
        { label: 'yes', values: ['yes'] },
        { label: 'no', values: ['no'] },
      ],
    },
  };
  await writeFile(at('ages.json'), JSON.stringify(contract));
  const lines = await printed(at('dirty.csv'), '--contract', at('ages.json'), '--strict');
  expect(lines[0]).toBe('dirty.csv: 2 examples, 3 refusals.');
  expect(lines.filter((line) => line.startsWith('refused'))).toEqual([
    expect.stringMatching(/^refused: dirty\.csv, row 3 \(ragged-row\): This row has 2 cells/),
    expect.stringMatching(
      /^refused: dirty\.csv, row 5, column age \(out-of-range\): .*between 0 and 120.*“1e3”/,
    ),
    expect.stringMatching(/^refused: dirty\.csv, row 6, column age \(not-a-number\): .*“old”/),
  ]);
});

test.each([
  [['none.csv'], /There is nothing at .*none\.csv/],
  [['empty.csv'], /No contract could be drafted: There is nothing/],
  [['ward.csv', '--contract', 'broken.json'], /broken\.json is no data contract: columns/],
  [['ward.csv', '--contract', 'ward.csv'], /is not JSON/],
  [['ward.csv', '--contract', 'no.json'], /cannot be read/],
  [['ward.csv', '--contract', 'contract.json', '--target', 'age'], /--target is for a drafted contract/],
  [['ward.csv', '--target', 'shoe'], /There is no column “shoe”/],
])('%j is refused with a sentence', async (words, message) => {
  const paths = words.map((word) => (/\.(csv|json)$/.test(word) ? at(word) : word));
  await expect(printed(...paths)).rejects.toThrow(message);
});

test('--explore says which rows are not in its figures', async () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({ ill: i % 2 ? 'yes' : 'no', age: 20 + i }),
  );
  await writeFile(at('cut.ndjson'), [...rows.slice(0, 30), '{"ill":', ...rows.slice(30)].join('\n'));
  const lines = await printed(at('cut.ndjson'), '--target', 'ill', '--explore');
  expect(lines).toContain('not in these figures: 1 row or file that could not be read:');
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}\S*cut\.ndjson, row 31 \(not-json\): /));
  expect(await json(at('cut.ndjson'), '--target', 'ill', '--explore')).toMatchObject({
    exploration: { rows: 60 },
    unexplored: { refused: 1, refusals: [{ row: 31 }] },
  });
});

test('--explore gives figures of every column, those of no contract too, and what to look at', async () => {
  const rows = Array.from(
    { length: 60 },
    (_, i) =>
      `${i % 3 ? 'yes' : 'no'},${20 + (i % 7)},a${i}@b.org,2020-01-${String((i % 28) + 1).padStart(2, '0')}`,
  );
  await writeFile(at('mixed.csv'), ['ill,age,contact,came', ...rows].join('\n'));
  const lines = await printed(at('mixed.csv'), '--target', 'ill', '--explore');
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}age +number: 20 · 21 · 23 · 25 · 26, mean 22\.9/));
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}came +time: 2020-01-01 to 2020-01-28/));
  expect(lines).toContainEqual(
    expect.stringMatching(/^look at: “contact” may say who a row is about: it holds e-mail/),
  );
  expect(await json(at('mixed.csv'), '--target', 'ill', '--explore')).toMatchObject({
    exploration: {
      rows: 60,
      target: 'ill',
      columns: [{ name: 'ill' }, { name: 'age' }, { name: 'contact' }, { name: 'came', type: 'time' }],
    },
  });
});
