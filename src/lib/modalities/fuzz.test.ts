// Every reader of files, given anything: it answers with a report, never throws past the boundary and never hangs.
import { float64, tableFromArrays, tableToIPC, utf8, dictionary } from '@uwdata/flechette';
import fc from 'fast-check';
import { encode as encodePng } from 'fast-png';
import { gzipSync, strToU8, zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import jpeg from 'jpeg-js';
import { expect, test } from 'vitest';
import { irises, packed } from '../../../test/support/arrow-fixtures.ts';
import { gzipped, idxImages, idxLabels, storedZip } from '../../../test/support/image-fixtures.ts';
import { decodeImageInNode } from '../adapters/node/decode-image.ts';
import type { DataContract } from '../core/data/contract.ts';
import { whistlesContract } from './audio/sample-whistles.ts';
import { wavFile } from './audio/wav.ts';
import { encodeInput } from './encode.ts';
import { importFiles } from './import.ts';
import { LISTED_REFUSALS, type ImportReport } from './import-report.ts';
import { inferContract } from './infer.ts';
import { drawnDigitsContract } from './image/sample-drawn-digits.ts';
import { readRawTable } from './raw-table.ts';
import { sourceOfBytes, type SourceFile } from './source-file.ts';
import { patientCohortContract, patientCohortCsv } from './table/sample-patient-cohort.ts';

const read = async (files: readonly SourceFile[], contract: DataContract): Promise<ImportReport> => {
  let handedOver = 0;
  const sink = {
    append(examples: { readonly count: number }) {
      handedOver += examples.count;
      return Promise.resolve();
    },
  };
  const { report } = await importFiles(files, contract, sink, { decodeImage: decodeImageInNode });
  expect(report.accepted).toBe(handedOver);
  // Nothing is dropped in silence: whatever gave no example is in the report.
  expect(report.accepted + report.duplicates + report.refused).toBeGreaterThan(0);
  for (const refusal of report.refusals) expect(refusal.message).toMatch(/\S.*[.?]$/s);
  return report;
};

/** A valid file with some bytes changed, some cut off and some put in. */
const broken = (valid: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 }),
      cut: fc.oneof({ weight: 3, arbitrary: fc.constant(valid.length) }, fc.nat(valid.length)),
      inserted: fc.option(fc.tuple(fc.nat(valid.length), fc.uint8Array({ maxLength: 20 })), { freq: 5 }),
    })
    .map(({ changes, cut, inserted }) => {
      const bytes = valid.slice(0, cut);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      if (inserted === null) return bytes;
      const [at, extra] = inserted;
      return Uint8Array.from([...bytes.subarray(0, at), ...extra, ...bytes.subarray(at)]);
    });

const tableHeader = new TextEncoder().encode(`${patientCohortCsv(1, 3)}`);
const rowsOfText = new TextDecoder()
  .decode(tableHeader)
  .trim()
  .split(/\r?\n/)
  .map((line) => line.split(','));
const objects = rowsOfText
  .slice(1)
  .map((cells) => Object.fromEntries(rowsOfText[0]!.map((name, i) => [name, cells[i]] as const)));
const rowsAsJson = new TextEncoder().encode(JSON.stringify(objects));
const rowsAsLines = new TextEncoder().encode(objects.map((one) => JSON.stringify(one)).join('\n'));
/** Numbers and words with dictionaries, and missing ones of both, in two row groups. */
const parquet = (codec: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP'): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: rowsOfText[0]!.map((name, column) => {
        const cells = rowsOfText.slice(1).map((row) => row[column] || null);
        return isNumeric(cells)
          ? {
              name,
              data: cells.map((cell) => (cell === null ? null : Number(cell))),
              type: 'DOUBLE' as const,
            }
          : { name, data: cells, type: 'STRING' as const };
      }),
      rowGroupSize: 2,
      codec,
      compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) },
    }),
  );
const isNumeric = (cells: readonly (string | null)[]): boolean =>
  cells.every((cell) => cell === null || Number.isFinite(Number(cell)));
/** Likewise, in batches of two rows. */
const arrow = (format: 'file' | 'stream'): Uint8Array => {
  const columns = rowsOfText[0]!.map((name, column) => {
    const cells = rowsOfText.slice(1).map((row) => row[column] || null);
    return [
      name,
      isNumeric(cells) ? cells.map((cell) => cell && Number(cell)) : cells,
      isNumeric(cells),
    ] as const;
  });
  const table = tableFromArrays(
    columns.map(([name, cells]): [string, unknown[]] => [name, [...cells]]),
    {
      types: Object.fromEntries(
        columns.map(([name, , isNumber]) => [name, isNumber ? float64() : dictionary(utf8())]),
      ),
      maxBatchRows: 2,
    },
  );
  return tableToIPC(table, { format })!;
};
const arff = new TextEncoder().encode(
  `@relation patients\n${rowsOfText[0]!.map((name) => `@attribute '${name}' numeric`).join('\n')}\n@data\n${rowsOfText
    .slice(1)
    .map((cells) => cells.map((cell) => cell || '?').join(','))
    .join('\n')}`,
);
const sheet = new TextEncoder().encode(
  `<worksheet><sheetData>${rowsOfText
    .map((cells) => `<row>${cells.map((cell) => `<c t="str" s="1"><v>${cell}</v></c>`).join('')}</row>`)
    .join('')}</sheetData></worksheet>`,
);
/** A workbook whose one sheet is these bytes, with the checksum that they have. */
const workbook = (bytes: Uint8Array): Uint8Array =>
  zipSync({
    'xl/workbook.xml': strToU8('<workbook><sheets><sheet name="A" id="r"/></sheets></workbook>'),
    'xl/_rels/workbook.xml.rels': strToU8(
      '<Relationships><Relationship Id="r" Type="/worksheet" Target="a.xml"/></Relationships>',
    ),
    'xl/a.xml': bytes,
  });
const png = encodePng({
  width: 9,
  height: 7,
  data: Uint8Array.from({ length: 63 * 3 }, (_, i) => i),
  channels: 3,
});
const indexed = encodePng({
  width: 4,
  height: 4,
  data: new Uint16Array(16).fill(40_000),
  channels: 1,
  depth: 16,
});
const photo = new Uint8Array(
  jpeg.encode(
    { width: 17, height: 9, data: Uint8Array.from({ length: 17 * 9 * 4 }, (_, i) => (i * 37) % 256) },
    80,
  ).data,
);
const webp = Uint8Array.from(atob('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA'), (letter) =>
  letter.charCodeAt(0),
);
const zip = storedZip([
  { path: 'a/3/x.png', bytes: png },
  { path: 'a/4/y.jpg', bytes: photo },
]);
const images = gzipped(
  idxImages(
    3,
    28,
    28,
    new Uint8Array(3 * 784).map((_, i) => i % 251),
  ),
);
const labels = gzipped(idxLabels([1, 2, 3]));
const wave = wavFile(
  Int16Array.from({ length: 90 }, (_, n) => 8000 * Math.sin(n)),
  8000,
);
const anything = fc.uint8Array({ maxLength: 400 });

const outcomes = { accepted: 0, refused: 0 };
const note = (report: ImportReport): void => {
  if (report.accepted > 0) outcomes.accepted += 1;
  if (report.refused > 0) outcomes.refused += 1;
};

const cases: readonly (readonly [string, fc.Arbitrary<readonly SourceFile[]>, DataContract, number])[] = [
  [
    'any bytes as a table',
    anything.map((bytes) => [sourceOfBytes('a.csv', bytes)]),
    patientCohortContract,
    250,
  ],
  [
    'a broken table',
    broken(tableHeader).map((bytes) => [sourceOfBytes('a.csv', bytes)]),
    patientCohortContract,
    250,
  ],
  [
    'any text as a table',
    fc
      .string({ unit: 'binary', maxLength: 300 })
      .map((text) => [sourceOfBytes('a.csv', new TextEncoder().encode(text))]),
    patientCohortContract,
    250,
  ],
  [
    'a broken JSON array',
    broken(rowsAsJson).map((bytes) => [sourceOfBytes('a.json', bytes)]),
    patientCohortContract,
    100,
  ],
  [
    'broken lines of JSON',
    broken(rowsAsLines).map((bytes) => [sourceOfBytes('a.ndjson', bytes)]),
    patientCohortContract,
    100,
  ],
  [
    'any bytes as JSON',
    anything.map((bytes) => [sourceOfBytes('a.json', Uint8Array.from([0x5b, ...bytes]))]),
    patientCohortContract,
    100,
  ],
  ...(['UNCOMPRESSED', 'SNAPPY', 'GZIP'] as const).map(
    (codec) =>
      [
        `a broken Parquet file, ${codec.toLowerCase()}`,
        broken(parquet(codec)).map((bytes) => [sourceOfBytes('a.parquet', bytes)]),
        patientCohortContract,
        60,
      ] as const,
  ),
  ...(['file', 'stream'] as const).map(
    (format) =>
      [
        `a broken Arrow ${format}`,
        broken(arrow(format)).map((bytes) => [sourceOfBytes('a.arrow', bytes)]),
        patientCohortContract,
        150,
      ] as const,
  ),
  [
    'a broken ARFF file',
    broken(arff).map((bytes) => [sourceOfBytes('a.arff', bytes)]),
    patientCohortContract,
    60,
  ],
  [
    'a broken sheet of a workbook',
    broken(sheet).map((bytes) => [sourceOfBytes('a.xlsx', workbook(bytes))]),
    patientCohortContract,
    60,
  ],
  [
    'a broken workbook',
    broken(workbook(sheet)).map((bytes) => [sourceOfBytes('a.xlsx', bytes)]),
    patientCohortContract,
    60,
  ],
  [
    'any bytes as Arrow',
    anything.map((bytes) => [sourceOfBytes('a.arrow', Uint8Array.from([255, 255, 255, 255, ...bytes]))]),
    patientCohortContract,
    100,
  ],
  [
    'any bytes as a zip',
    anything.map((bytes) => [sourceOfBytes('a.zip', Uint8Array.from([0x50, 0x4b, 3, 4, ...bytes]))]),
    drawnDigitsContract,
    150,
  ],
  ['a broken zip', broken(zip).map((bytes) => [sourceOfBytes('a.zip', bytes)]), drawnDigitsContract, 500],
  ['a broken PNG', broken(png).map((bytes) => [sourceOfBytes('3/a.png', bytes)]), drawnDigitsContract, 300],
  [
    'a broken PNG of 16 bits',
    broken(indexed).map((bytes) => [sourceOfBytes('3/a.png', bytes)]),
    drawnDigitsContract,
    150,
  ],
  [
    'a broken JPEG',
    broken(photo).map((bytes) => [sourceOfBytes('3/a.jpg', bytes)]),
    drawnDigitsContract,
    150,
  ],
  [
    'a broken WebP',
    broken(webp).map((bytes) => [sourceOfBytes('3/a.webp', bytes)]),
    drawnDigitsContract,
    150,
  ],
  [
    'a broken WAV',
    broken(wave).map((bytes) => [sourceOfBytes('steady/a.wav', bytes)]),
    whistlesContract,
    150,
  ],
  [
    'a broken IDX pair',
    fc
      .tuple(broken(images), broken(labels))
      .map(([one, other]) => [
        sourceOfBytes('t-images-idx3-ubyte.gz', one),
        sourceOfBytes('t-labels-idx1-ubyte.gz', other),
      ]),
    drawnDigitsContract,
    250,
  ],
];

test.each(cases)('%s ends in a report', async (_, files, contract, runs) => {
  await fc.assert(
    fc.asyncProperty(files, async (chosen) => note(await read(chosen, contract))),
    { seed: 8, numRuns: runs },
  );
});

test('both good and bad endings were reached above', () => {
  expect(outcomes.accepted).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(500);
});

const texts = storedZip(
  ['neg/1', 'neg/2', 'pos/1', 'pos/2'].map((name) => ({
    path: `reviews/${name}.txt`,
    bytes: new TextEncoder().encode(`What ${name} says of a film.`),
  })),
);
test.each([
  ['Arrow file of lists and views of texts', 'a.arrow', irises],
  ['Arrow file packed by LZ4', 'a.feather', packed],
  ['zip of texts', 'a.zip', texts],
])('a broken %s, read without a contract, ends in a table or a sentence', async (_, name, valid) => {
  const ends = { table: 0, sentence: 0 };
  await fc.assert(
    fc.asyncProperty(broken(valid), async (bytes) => {
      const table = await readRawTable([sourceOfBytes(name, bytes)], '');
      ends[table.ok && table.value.unreadable === 0 ? 'table' : 'sentence'] += 1;
      if (!table.ok) expect(table.error).toMatch(/\S.*[.?]$/s);
    }),
    { seed: 8, numRuns: 100 },
  );
  expect(Math.min(ends.table, ends.sentence)).toBeGreaterThan(5);
});

test('drafting a contract and encoding a picture end in a value, whatever the bytes', async () => {
  let drafts = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(anything, broken(tableHeader), broken(zip), broken(images), broken(png)),
      async (bytes) => {
        const file = sourceOfBytes('folder/a', bytes);
        if ((await inferContract([file])).ok) drafts += 1;
        await encodeInput(drawnDigitsContract, { type: 'file', file }, decodeImageInNode);
      },
    ),
    { seed: 9, numRuns: 400 },
  );
  expect(drafts).toBeGreaterThan(25);
});

test('a megabyte of nonsense ends in a short report, and a quote that never closes too', async () => {
  for (const fill of ['"', ',', '\n', '"a', 'a"",']) {
    const bytes = new TextEncoder().encode('age,sex\n' + fill.repeat(2 ** 20 / fill.length));
    const report = await read([sourceOfBytes('a.csv', bytes)], patientCohortContract);
    expect(report.accepted).toBe(0);
    expect(report.refusals.length).toBeLessThanOrEqual(LISTED_REFUSALS);
    expect(JSON.stringify(report).length).toBeLessThan(2 ** 20);
  }
});
