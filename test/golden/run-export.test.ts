// Runs as other programs take them, held without those programs: by checksums and bytes that are published, and by small readers that
// are written from the formats' documents and not from the writers. TFRecord: tensorflow.org/tutorials/load_data/tfrecord; Event,
// Summary and hparams: tensorflow's and tensorboard's .proto files; .wandb: wandb/sdk/internal/datastore.py and wandb_internal.proto;
// mlruns: mlflow/store/tracking/file_store.py; zip: APPNOTE 4.3.
import { createHash } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32, crc32c, maskedCrc32c } from '#lib/core/crc.ts';
import type { ExportedRun } from '#lib/core/run-export/exported-run.ts';
import { runExports } from '#lib/core/run-export/index.ts';
import { message, varintField } from '#lib/core/run-export/protobuf.ts';
import { leveldbLog } from '#lib/core/run-export/wandb.ts';
import { zipOf } from '#lib/core/run-export/zip.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (ascii: string): Uint8Array => new TextEncoder().encode(ascii);

const run: ExportedRun = {
  id: 'heron/1',
  name: 'Random forest for nests',
  experiment: 'heron.csv',
  params: { model: 'forest', depth: 8 },
  metrics: { rmse: 2.5, 'held out/r2': 0.75 },
  series: [
    {
      name: 'loss',
      points: [
        { step: 1, value: 0.5 },
        { step: 300, value: 0.25 },
        { step: 301, value: Number.NaN },
      ],
    },
    { name: 'rmse', points: [{ step: 300, value: 2.5, at: 1_700_000_009_000 }] },
  ],
  tags: ['=best', 'to show'],
  note: 'by "hand"',
  status: 'finished',
  startedAt: 1_700_000_000_250,
  endedAt: 1_700_000_010_250,
};
const filesOf = (name: string, of: ExportedRun = run): ReadonlyMap<string, Uint8Array> =>
  new Map(
    runExports
      .find((one) => one.name === name)!
      .files(of)
      .map((file) => [file.path, file.bytes]),
  );

interface Read {
  readonly field: number;
  readonly value: bigint | Uint8Array;
}
/** Fields in their order: protobuf.dev/programming-guides/encoding. Wire types 0, 1, 2 and 5. */
function fieldsOf(from: Uint8Array): Read[] {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const found: Read[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < from.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    const size = { 1: 8, 5: 4 }[tag & 7];
    if ((tag & 7) === 0) found.push({ field, value: varint() });
    else {
      const length = size ?? Number(varint());
      found.push({ field, value: from.subarray(at, at + length) });
      at += length;
    }
  }
  expect(at).toBe(from.length);
  return found;
}
const all = (from: Uint8Array, field: number): Uint8Array[] =>
  fieldsOf(from).flatMap((one) =>
    one.field === field && one.value instanceof Uint8Array ? [one.value] : [],
  );
const one = (from: Uint8Array, ...path: number[]): Uint8Array =>
  path.reduce((inner, field) => all(inner, field)[0]!, from);
const number = (from: Uint8Array, field: number): number =>
  Number(fieldsOf(from).find((read) => read.field === field)?.value ?? 0);
const double = (from: Uint8Array): number => new DataView(from.buffer, from.byteOffset).getFloat64(0, true);
const float = (from: Uint8Array): number => new DataView(from.buffer, from.byteOffset).getFloat32(0, true);

test('checksums are the published ones', () => {
  // The check value of both (reveng.sourceforge.io/crc-catalogue), and 32 bytes of zeros by RFC 3720, B.4.
  expect(crc32(bytes('123456789'))).toBe(0xcbf43926);
  expect(crc32c(bytes('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  // What every event file begins with: a first record of 24 bytes, and the masked checksum of that length.
  expect(maskedCrc32c(Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0))).toBe(0x224b7fa3);
  // The encoding guide's own example: field 1 of value 150.
  expect([...message([varintField(1, 150)])]).toEqual([0x08, 0x96, 0x01]);
});

/** Castagnoli's checksum bit by bit. */
function slowMasked(of: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of of)
    for (let bit = 0; bit < 8; bit += 1)
      value = ((value ^ (byte >> bit)) & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1) >>> 0;
  value = ~value >>> 0;
  return (((value >>> 15) | (value << 17)) + 0xa282ead8) >>> 0;
}
function tfRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(slowMasked(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(slowMasked(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

test('TensorBoard: an event file of scalars, with the settings and the end of the hparams plugin', () => {
  const [[path, file]] = [...filesOf('tensorboard')] as [[string, Uint8Array]];
  expect(path).toBe('heron.csv/Random_forest_for_nests-heron_1/events.out.tfevents.1700000000.tributary');
  expect([...file.subarray(0, 13)]).toEqual([24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 9]);
  const events = tfRecords(file);
  expect(double(one(events[0]!, 1))).toBe(1_700_000_000.25);
  expect(text(one(events[0]!, 3))).toBe('brain.Event:2');
  const told = events.slice(1).map((event) => {
    const value = one(event, 5, 1);
    const [simple] = all(value, 2);
    return [text(one(value, 1)), number(event, 2), simple === undefined ? 'hparams' : float(simple)];
  });
  expect(told).toEqual([
    ['_hparams_/experiment', 0, 'hparams'],
    ['_hparams_/session_start_info', 0, 'hparams'],
    ['loss', 1, 0.5],
    ['rmse', 300, 2.5],
    ['loss', 300, 0.25],
    ['held out/r2', 301, 0.75],
    ['_hparams_/session_end_info', 0, 'hparams'],
  ]);
  const plugin = (event: Uint8Array, data: number): Uint8Array => {
    const named = one(event, 5, 1, 9, 1);
    expect(text(one(named, 1))).toBe('hparams');
    return one(named, 2, data);
  };
  const start = plugin(events[2]!, 3);
  expect(all(start, 1).map((entry) => text(one(entry, 1)))).toEqual(['model', 'depth']);
  expect(text(one(all(start, 1)[0]!, 2, 3))).toBe('forest');
  expect(double(one(all(start, 1)[1]!, 2, 2))).toBe(8);
  expect(number(plugin(events.at(-1)!, 4), 1)).toBe(1);
  expect(double(one(plugin(events.at(-1)!, 4), 2))).toBe(1_700_000_010.25);
  expect(all(plugin(events[1]!, 2), 4).map((info) => [text(one(info, 1)), number(info, 4)])).toEqual([
    ['model', 1],
    ['depth', 3],
  ]);
});

/** As datastore.py scans: a header, then records in blocks of 32 KiB, the checksum zlib's of type and data. */
function scanned(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  expect(text(file.subarray(0, 4))).toBe(':W&B');
  expect(view.getUint16(4, true)).toBe(zlibCrc32('Weights & Biases') & 0xffff);
  expect(file[6]).toBe(0);
  const found: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (let at = 7; at < file.length;) {
    const left = 32_768 - (at % 32_768);
    if (left < 7) {
      expect(file.subarray(at, at + left).every((byte) => byte === 0)).toBe(true);
      at += left;
      continue;
    }
    const length = view.getUint16(at + 4, true);
    const type = file[at + 6]!;
    const data = file.subarray(at + 7, at + 7 + length);
    expect(view.getUint32(at, true)).toBe(zlibCrc32(data, zlibCrc32(Uint8Array.of(type))));
    expect(at % 32_768 === 0 || Math.floor(at / 32_768) === Math.floor((at + 6 + length) / 32_768)).toBe(
      true,
    );
    parts.push(data);
    at += 7 + length;
    expect(parts.length === 1 ? [1, 2] : [3, 4]).toContain(type);
    if (type === 1 || type === 4) {
      found.push(Buffer.concat(parts));
      parts = [];
    }
  }
  expect(parts).toEqual([]);
  return found;
}

test('W&B: records are parted where a block ends, and its rest is too small for another', () => {
  // 7 of the file, 7 of the record: the first block has 6 bytes left, then none, then as many as hold a header and nothing more.
  for (const length of [32_768 - 20, 32_768 - 14, 32_768 - 21, 3, 100_000, 0]) {
    const records = [new Uint8Array(length).fill(5), bytes('and one more')];
    expect(scanned(leveldbLog(records)).map((record) => record.length)).toEqual([length, 12]);
  }
});

test('W&B: a directory that its client finds, with the run first, its history by step, its summary and its end', () => {
  const id = createHash('sha256').update(run.id).digest('hex').slice(0, 8);
  const [[path, file]] = [...filesOf('wandb')] as [[string, Uint8Array]];
  expect(path).toBe(`wandb/offline-run-20231114_221320-${id}/run-${id}.wandb`);
  const records = scanned(file);
  expect(records.map((record) => number(record, 1))).toEqual(records.map((_, at) => at + 1));
  const kinds = records.map((record) => fieldsOf(record)[1]!.field);
  expect(kinds).toEqual([21, 17, 2, 2, 2, 3, 18]);
  const own = one(records[1]!, 17);
  expect([1, 3, 8, 9].map((field) => text(one(own, field)))).toEqual([id, 'tributary', run.name, run.note]);
  expect(all(own, 10).map(text)).toEqual(run.tags);
  expect(number(one(own, 17), 1)).toBe(1_700_000_000);
  expect(number(one(own, 17), 2)).toBe(250_000_000);
  const items = (from: Uint8Array): Record<string, unknown> =>
    Object.fromEntries(all(from, 1).map((item) => [text(one(item, 1)), JSON.parse(text(one(item, 16)))]));
  expect(items(one(own, 4))).toEqual(run.params);
  expect(records.slice(2, 5).map((record) => items(one(record, 2)))).toEqual([
    expect.objectContaining({ loss: 0.5, _step: 1 }),
    expect.objectContaining({ loss: 0.25, rmse: 2.5, _step: 300, _timestamp: 1_700_000_010.25 }),
    expect.objectContaining({ 'held out/r2': 0.75, _step: 301, _runtime: 10 }),
  ]);
  expect(number(one(records[3]!, 2, 2), 1)).toBe(300);
  expect(items(one(records[5]!, 3))).toEqual({ loss: 0.25, rmse: 2.5, 'held out/r2': 0.75 });
  expect([number(one(records[6]!, 18), 1), number(one(records[6]!, 18), 2)]).toEqual([0, 10]);
  expect(
    number(one(scanned([...filesOf('wandb', { ...run, status: 'failed' }).values()][0]!).at(-1)!, 18), 1),
  ).toBe(1);
});

test('MLflow: a file store of one experiment and one run', () => {
  const files = filesOf('mlflow');
  const root = [...files.keys()]
    .find((path) => /^mlruns\/\d{17,19}\/meta.yaml$/.test(path))!
    .replace('/meta.yaml', '');
  const folder = [...files.keys()]
    .find((path) => /^mlruns\/\d+\/[0-9a-f]{32}\/meta.yaml$/.test(path))!
    .replace('/meta.yaml', '');
  const read = (path: string): string => text(files.get(path)!);
  // A flat block mapping whose values are flow scalars: of YAML 1.2, JSON is a part.
  const yaml = (path: string): Record<string, unknown> =>
    Object.fromEntries(
      read(path)
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), JSON.parse(line.slice(line.indexOf(':') + 1))]),
    );
  expect(yaml(`${root}/meta.yaml`)).toEqual({
    artifact_location: `./${root}`,
    creation_time: run.startedAt,
    experiment_id: root.split('/')[1],
    last_update_time: run.startedAt,
    lifecycle_stage: 'active',
    name: 'heron.csv',
  });
  expect(yaml(`${folder}/meta.yaml`)).toMatchObject({
    run_id: folder.split('/')[2],
    run_uuid: folder.split('/')[2],
    experiment_id: root.split('/')[1],
    run_name: run.name,
    status: 3,
    source_type: 4,
    start_time: run.startedAt,
    end_time: run.endedAt,
    tags: [],
  });
  expect(read(`${folder}/params/depth`)).toBe('8');
  // timestamp, value, step
  expect(read(`${folder}/metrics/loss`)).toBe('1700000005250 0.5 1\n1700000010250 0.25 300\n');
  expect(read(`${folder}/metrics/held_out/r2`)).toBe('1700000010250 0.75 301\n');
  expect(read(`${folder}/tags/mlflow.runName`)).toBe(run.name);
  expect(read(`${folder}/tags/best`)).toBe('true');
});

test('CSV: two tables; a text that looks like a formula is none', () => {
  const [[, facts], [, points]] = [...filesOf('csv')] as [[string, Uint8Array], [string, Uint8Array]];
  expect(text(facts)).toContain("tag,'=best,\r\n");
  expect(text(facts)).toContain('run,note,"by ""hand"""\r\n');
  expect(text(facts)).toContain('parameter,depth,8\r\n');
  expect(text(points).split('\r\n')[0]).toBe('name,step,value,time');
  expect(text(points)).toContain('rmse,300,2.5,2023-11-14T22:13:29.000Z\r\n');
});

test('a folder is handed on as one zip that holds its files as they are', () => {
  const zip = zipOf([
    { path: 'a/ü.txt', bytes: bytes('one') },
    { path: 'b', bytes: new Uint8Array() },
  ]);
  const view = new DataView(zip.buffer);
  const end = zip.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  expect(view.getUint16(end + 10, true)).toBe(2);
  let at = view.getUint32(end + 16, true);
  const found: [string, string, boolean][] = [];
  for (let file = 0; file < 2; file += 1) {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const [size, length, local] = [
      view.getUint32(at + 24, true),
      view.getUint16(at + 28, true),
      view.getUint32(at + 42, true),
    ];
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const data = zip.subarray(from, from + size);
    found.push([
      text(zip.subarray(at + 46, at + 46 + length)),
      text(data),
      view.getUint32(at + 16, true) === zlibCrc32(data),
    ]);
    at += 46 + length;
  }
  expect(found).toEqual([
    ['a/ü.txt', 'one', true],
    ['b', '', true],
  ]);
  expect(at).toBe(end);
});
