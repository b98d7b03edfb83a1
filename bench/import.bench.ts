// What an import costs beyond reading the bytes: a CSV of 100 MB and a million rows, and 60,000 images as MNIST is published (MNIST
// itself where it is there, else as many drawn digits). Read from disk in the pieces the worker reads, checked, encoded, hashed,
// freed of duplicates; the batches are dropped, as a store would take them away.
//   npm run bench -- import
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Gunzip, gzipSync } from 'fflate';
import Papa from 'papaparse';
import { sourceOfPath } from '#lib/adapters/node/data-path.ts';
import type { TableContract } from '#lib/core/data/contract.ts';
import { joinExamples, type Examples } from '#lib/core/data/examples.ts';
import { random } from '#lib/core/random.ts';
import { exploreDataset, openDataset } from '#lib/modalities/explore-dataset.ts';
import { drawnDigits, drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { importFiles } from '#lib/modalities/import.ts';
import { chunksOf, sourceOfText, type SourceFile } from '#lib/modalities/source-file.ts';
import { csvScanner } from '#lib/modalities/table/csv-scanner.ts';
import { sharedData } from '../test/contract/shared-data.ts';
import type { Row } from './row.ts';

const CSV_ROWS = 1_000_000;
const NUMBERS = 14;
const EXPLORED_ROWS = 100_000;
const decodeImage = (): Promise<never> => Promise.reject(new Error('There are no picture files here.'));

const contract: TableContract = {
  kind: 'table',
  columns: [
    ...Array.from({ length: NUMBERS }, (_, i) => ({
      type: 'number' as const,
      name: `x${i}`,
      minimum: 0,
      maximum: 1000,
      missingAllowed: i % 2 === 0,
      mean: 50,
      standardDeviation: 29,
    })),
    { type: 'category', name: 'colour', categories: ['red', 'green', 'blue'], missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'y',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1'] },
    ],
  },
};

async function writeCsv(path: string): Promise<void> {
  const draw = random(1, 'bench', 'csv');
  const stream = createWriteStream(path);
  let block = `${[...contract.columns.map((column) => column.name), 'y'].join(',')}\n`;
  const colours = ['red', 'green', 'blue', ''];
  for (let row = 0; row < CSV_ROWS; row += 1) {
    for (let i = 0; i < NUMBERS; i += 1)
      block += `${draw.below(i % 3 === 0 ? 10_000_000 : 100_000) / (i % 3 === 0 ? 100_000 : 1000)},`;
    block += `${colours[draw.below(4)] ?? ''},${draw.below(2)}\n`;
    if (block.length > 1 << 20 && !stream.write(block)) await once(stream, 'drain');
    if (block.length > 1 << 20) block = '';
  }
  stream.end(block);
  await finished(stream);
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return (performance.now() - before) / 1000;
};

/** The best of three: what the work costs where nothing else runs. */
async function best(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run += 1) times.push(await seconds(work));
  return Math.min(...times);
}

async function readAll(file: SourceFile): Promise<void> {
  let bytes = 0;
  for await (const chunk of chunksOf(file)) bytes += chunk.length;
  if (bytes !== file.size) throw new Error(`${bytes} of ${file.size} bytes were read.`);
}

// Reading is a copy out of the page cache, at 5 GB/s; parsing, checking, scaling and hashing 16 million cells at 60 MB/s is some
// eighty times that (115 with every core busy). Papa Parse alone would be at the target before a cell is checked.
const ratio = (name: string, value: number, target: number): Row => ({
  name,
  value: Number(value.toFixed(1)),
  unit: '×',
  target: `≤ ${target}`,
  ok: value <= target,
});
const fact = (name: string, value: number, unit: string, digits = 2): Row => ({
  name,
  value: Number(value.toFixed(digits)),
  unit,
  target: null,
  ok: true,
});

async function tableRows(folder: string): Promise<Row[]> {
  const path = join(folder, 'million.csv');
  await writeCsv(path);
  const file = sourceOfPath(path, (await stat(path)).size, 'million.csv');
  const reading = await best(() => readAll(file));
  let peak = 0;
  globalThis.gc?.();
  const before = process.memoryUsage();
  const importing = await best(async () => {
    const sink = {
      append(): Promise<void> {
        const now = process.memoryUsage();
        peak = Math.max(peak, now.heapUsed + now.arrayBuffers - before.heapUsed - before.arrayBuffers);
        return Promise.resolve();
      },
    };
    const { report } = await importFiles([file], contract, sink, { decodeImage });
    if (report.accepted !== CSV_ROWS)
      throw new Error(`${report.accepted} of ${CSV_ROWS} rows were accepted: ${report.refusals[0]?.message}`);
  });
  const scanning = await best(() => scanAll(file));
  const papa = await best(() => papaAll(file));
  const megabytes = file.size / 1e6;
  return [
    ratio(
      `CSV of ${megabytes.toFixed(0)} MB and 1,000,000 rows: import against reading the same bytes`,
      importing / reading,
      150,
    ),
    fact('CSV: import', importing, 's'),
    fact('CSV: import', megabytes / importing, 'MB/s', 0),
    fact(
      'CSV: memory while importing (a file of any size takes as much, and 24 bytes a row for duplicates)',
      peak / 1e6,
      'MB',
      0,
    ),
    {
      ...ratio('CSV: Papa Parse against our scanner, cells only', papa / scanning, Infinity),
      target: '≥ 2, or Papa Parse would do',
      ok: papa / scanning >= 2,
    },
  ];
}

async function scanAll(file: SourceFile): Promise<void> {
  let rows = 0;
  const scanner = csvScanner(0x2c, () => (rows += 1));
  for await (const chunk of chunksOf(file)) scanner.push(chunk);
  scanner.end();
  if (rows !== CSV_ROWS + 1) throw new Error(`The scanner saw ${rows} rows.`);
}

/** Papa Parse as its own streamer uses it: pieces of text, the last incomplete row carried over; its fast mode is on. */
async function papaAll(file: SourceFile): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let rows = 0;
  const take = (text: string, isLast: boolean): void => {
    const parsed = Papa.parse<string[]>(isLast ? text : text.slice(0, text.lastIndexOf('\n')), {
      delimiter: ',',
      newline: '\n',
      skipEmptyLines: true,
    });
    rows += parsed.data.length;
    rest = isLast ? '' : text.slice(text.lastIndexOf('\n') + 1);
  };
  for await (const chunk of chunksOf(file)) take(rest + decoder.decode(chunk, { stream: true }), false);
  take(rest, true);
  if (rows !== CSV_ROWS + 1) throw new Error(`Papa Parse saw ${rows} rows.`);
}

/** Fifteen numbers, four categories and a class: decoded from what is kept, and explored, as the ingest worker does it. */
async function exploringRows(): Promise<Row[]> {
  const draw = random(1, 'bench', 'exploring');
  const numbers = Array.from({ length: 15 }, (_, i) => ({
    type: 'number' as const,
    name: `x${i}`,
    minimum: null,
    maximum: null,
    missingAllowed: i % 5 === 4,
    mean: 0,
    standardDeviation: 1,
  }));
  const categories = [4, 40, 5, 3].map((size, i) => ({
    type: 'category' as const,
    name: `c${i}`,
    categories: Array.from({ length: size }, (_, value) => `v${value}`),
    missingAllowed: false,
  }));
  const wide: TableContract = { ...contract, columns: [...numbers, ...categories] };
  const lines = Array.from({ length: EXPLORED_ROWS }, () =>
    [
      ...numbers.map(({ missingAllowed }) =>
        missingAllowed && draw.below(20) === 0 ? '' : draw.normal().toFixed(4),
      ),
      ...categories.map((one) => one.categories[draw.below(one.categories.length)]),
      draw.below(2),
    ].join(','),
  );
  const header = [...wide.columns.map(({ name }) => name), 'y'].join(',');
  const parts: Examples[] = [];
  const sink = { append: (part: Examples) => Promise.resolve(void parts.push(part)) };
  await importFiles([sourceOfText('wide.csv', [header, ...lines].join('\n'))], wide, sink, { decodeImage });
  const examples = joinExamples(parts);
  if (examples?.count !== EXPLORED_ROWS) throw new Error(`${examples?.count ?? 0} rows were read.`);
  const took = await best(() => Promise.resolve(exploreDataset(openDataset(wide, examples))));
  const name = 'A kept table of 100,000 rows and 20 columns: opened and explored';
  return [{ ...fact(name, took, 's'), target: '< 2', ok: took < 2 }];
}

async function imageRows(folder: string): Promise<Row[]> {
  const mnist = sharedData('mnist');
  const names = ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'] as const;
  if (mnist === undefined) await writeDigits(folder, names);
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(mnist ?? folder, name);
      return sourceOfPath(path, (await stat(path)).size, name);
    }),
  );
  const reading = await best(() => Promise.all(files.map(readAll)));
  const unpacking = await best(() => Promise.all(files.map(unpackAll)));
  const importing = await best(async () => {
    const { report } = await importFiles(
      files,
      drawnDigitsContract,
      { append: () => Promise.resolve() },
      { decodeImage },
    );
    if (report.accepted + report.duplicates !== 60_000)
      throw new Error(`${report.accepted} of 60,000 images were accepted.`);
  });
  const what = mnist === undefined ? '60,000 drawn digits' : 'MNIST, 60,000 images';
  return [
    ratio(`${what}: import against reading and unpacking the same bytes`, importing / unpacking, 3),
    fact(`${what}: import against reading the packed bytes alone`, importing / reading, '×', 1),
    fact(`${what}: import`, importing, 's'),
  ];
}

async function unpackAll(file: SourceFile): Promise<void> {
  let bytes = 0;
  const gunzip = new Gunzip((piece) => (bytes += piece.length));
  let pushed = 0;
  for await (const chunk of chunksOf(file, { chunkBytes: 64 * 1024 }))
    gunzip.push(chunk, (pushed += chunk.length) >= file.size);
  if (bytes < 60_000) throw new Error(`${bytes} bytes were unpacked.`);
}

async function writeDigits(
  folder: string,
  [imagesName, labelsName]: readonly [string, string],
): Promise<void> {
  const count = 60_000;
  const images = new Uint8Array(16 + count * 784);
  const labels = new Uint8Array(8 + count);
  const header = new DataView(images.buffer);
  for (const [at, value] of [0x0803, count, 28, 28].entries()) header.setUint32(at * 4, value);
  for (const [at, value] of [0x0801, count].entries()) new DataView(labels.buffer).setUint32(at * 4, value);
  let row = 0;
  for (const { pixels, digit } of drawnDigits(1, count)) {
    images.set(pixels, 16 + row * 784);
    labels[8 + row] = digit;
    row += 1;
  }
  await writeFile(join(folder, imagesName), gzipSync(images));
  await writeFile(join(folder, labelsName), gzipSync(labels));
}

export async function run(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-import-'));
  try {
    return [...(await tableRows(folder)), ...(await exploringRows()), ...(await imageRows(folder))];
  } finally {
    await rm(folder, { recursive: true });
  }
}
