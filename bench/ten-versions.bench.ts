// What ten versions of a table of 100 MB take in this browser's storage, each with 1 % of its rows edited on top of the one before: as
// ten imports under one contract, and as one dataset whose file is read again. The real import and store over fake-indexeddb, which
// clones as a browser does; bytes are those of the records as V8 serialises them, which Chromium writes, too, before it compresses them.
//   npm run bench -- ten-versions        ROWS=20000 for fewer rows
import 'fake-indexeddb/auto';
import { serialize } from 'node:v8';
import { openDatabase, type Database } from '#lib/adapters/idb/database.ts';
import { idbDatasetStore } from '#lib/adapters/idb/datasets.ts';
import type { TableContract } from '#lib/core/data/contract.ts';
import { joinExamples, type Examples } from '#lib/core/data/examples.ts';
import { random } from '#lib/core/random.ts';
import { changeToFile } from '#lib/modalities/change-to-file.ts';
import { importFiles } from '#lib/modalities/import.ts';
import { sourceOfText } from '#lib/modalities/source-file.ts';
import type { DatasetStore } from '#lib/ports/dataset-store.ts';
import type { Row } from './row.ts';

/** Of 112 bytes each as they are kept: 100 MB. */
const ROWS = Number(process.env['ROWS'] ?? 893_000);
const NUMBERS = 20;
const VERSIONS = 10;
const TARGET = 1.5;

const contract: TableContract = {
  kind: 'table',
  columns: Array.from({ length: NUMBERS }, (_, i) => ({
    type: 'number' as const,
    name: `x${i}`,
    minimum: null,
    maximum: null,
    missingAllowed: i % 4 === 0,
    mean: 0,
    standardDeviation: 1,
  })),
  target: {
    type: 'classes',
    name: 'y',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1'] },
    ],
  },
};
const header = `${contract.columns.map((column) => column.name).join(',')},y`;

type Edits = 'scattered' | 'a stretch';

/** The lines of the versions, one after the other, each made of the one before. */
function* versions(edits: Edits): Generator<readonly string[]> {
  const draw = random(1, 'bench', edits);
  const line = (): string =>
    `${Array.from({ length: NUMBERS }, () => (draw.below(4000) / 1000 - 2).toFixed(3)).join(',')},${draw.below(2)}`;
  const lines = Array.from({ length: ROWS }, line);
  const edited = Math.floor(ROWS / 100);
  for (let version = 0; version < VERSIONS; version += 1) {
    if (version > 0) {
      const from = draw.below(ROWS - edited);
      for (let edit = 0; edit < edited; edit += 1)
        lines[edits === 'scattered' ? draw.below(ROWS) : from + edit] = line();
    }
    yield lines;
  }
}

const fileOf = (lines: readonly string[]) => sourceOfText('table.csv', `${header}\n${lines.join('\n')}\n`);
const options = { decodeImage: (): Promise<never> => Promise.reject(new Error('no pictures')) };

/** Bytes of everything that lies there. */
async function held(database: Database): Promise<number> {
  let bytes = 0;
  for (const name of database.objectStoreNames)
    for (
      let cursor = await database.transaction(name).store.openCursor();
      cursor !== null;
      cursor = await cursor.continue()
    )
      bytes += serialize(cursor.value).length;
  return bytes;
}

interface Taken {
  readonly one: number;
  readonly all: number;
  readonly firstMs: number;
  readonly laterMs: number;
}

async function measured(
  edits: Edits,
  bring: (store: DatasetStore, lines: readonly string[], version: number) => Promise<void>,
): Promise<Taken> {
  const database = await openDatabase({ name: `ten-versions-${edits}-${bring.name}` });
  const store = idbDatasetStore(database);
  const [times, sizes]: [number[], number[]] = [[], []];
  let version = 0;
  for (const lines of versions(edits)) {
    const before = performance.now();
    await bring(store, lines, version);
    times.push(performance.now() - before);
    if (version === 0 || version === VERSIONS - 1) sizes.push(await held(database));
    version += 1;
  }
  for (const { id } of await store.list()) await store.delete(id);
  database.close();
  const later = times.slice(1);
  return {
    one: sizes[0]!,
    all: sizes[1]!,
    firstMs: times[0]!,
    laterMs: later.reduce((sum, time) => sum + time, 0) / later.length,
  };
}

async function imported(store: DatasetStore, lines: readonly string[], version: number): Promise<void> {
  const name = `version ${version}`;
  const writer = await store.write({ id: name, federation: null, name, contract, source: name });
  await importFiles([fileOf(lines)], contract, writer, options);
  await writer.finish();
}

async function readAgain(store: DatasetStore, lines: readonly string[], version: number): Promise<void> {
  if (version === 0) return imported(store, lines, version);
  const parts: Examples[] = [];
  await importFiles(
    [fileOf(lines)],
    contract,
    { append: (part) => Promise.resolve(void parts.push(part)) },
    options,
  );
  const [record, kept, file] = [
    await store.record('version 0'),
    await store.read('version 0'),
    joinExamples(parts),
  ];
  const change = changeToFile(kept!, file!);
  if (change !== undefined)
    await store.commit('version 0', record!.version, change, `Read again: ${version}`);
}

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [bring, edits] of [
    [imported, 'scattered'],
    [imported, 'a stretch'],
    [readAgain, 'scattered'],
  ] as const) {
    const { one, all, firstMs, laterMs } = await measured(edits, bring);
    const how = bring === imported ? 'as imports of their own' : 'as states, the file read again';
    const name = `Ten versions ${how}, edits of 1 % (${edits})`;
    const value = Number((all / 1e6).toFixed(1));
    rows.push({
      name,
      value,
      unit: 'MB',
      target: `< ${((one / 1e6) * TARGET).toFixed(0)} (one: ${(one / 1e6).toFixed(1)})`,
      ok: all < one * TARGET,
    });
    rows.push({
      name: `… a later version against the first, time`,
      value: Number((laterMs / firstMs).toFixed(2)),
      unit: '×',
      target: null,
      ok: true,
    });
  }
  return rows;
}
