// A run as `wandb sync` takes it: a directory offline-run-… with a file of Record messages (wandb/proto/wandb_internal.proto) framed as
// LevelDB's log is (wandb/sdk/internal/datastore.py): blocks of 32 KiB, a record parted where it does not fit. The checksum is zlib's of
// type and data, not LevelDB's masked one.
import { digestOfText } from '../digest.ts';
import { crc32 } from '../crc.ts';
import { allSeries, timeOf, type ExportedFile, type ExportedRun } from './exported-run.ts';
import { joined, message, messageField, textField, varintField, type Field } from './protobuf.ts';

const BLOCK = 32_768;
const HEADER = 7;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

export function wandbFiles(run: ExportedRun): readonly ExportedFile[] {
  const id = digestOfText(run.id).slice(0, 8);
  const began = new Date(run.startedAt).toISOString();
  const stamp = `${began.slice(0, 10).replaceAll('-', '')}_${began.slice(11, 19).replaceAll(':', '')}`;
  const records = [
    messageField(21, []),
    messageField(17, runRecord(run, id)),
    ...history(run),
    messageField(3, [
      ...Object.entries(lastValues(run)).map(([key, value]) => messageField(1, item(key, value))),
    ]),
    messageField(18, [
      ...(run.status === 'finished' ? [] : [varintField(1, 1)]),
      varintField(2, Math.max(0, Math.round(((run.endedAt ?? run.startedAt) - run.startedAt) / 1000))),
    ]),
  ];
  const log = leveldbLog(records.map((record, at) => message([varintField(1, at + 1), record])));
  return [{ path: `wandb/offline-run-${stamp}-${id}/run-${id}.wandb`, bytes: log }];
}

/** Keys and values of configuration, history and summary alike: the value is JSON. */
const item = (key: string, value: string | number): readonly Field[] => [
  textField(1, key),
  textField(16, JSON.stringify(value)),
];

const runRecord = (run: ExportedRun, id: string): readonly Field[] => [
  textField(1, id),
  textField(3, 'tributary'),
  messageField(
    4,
    Object.entries(run.params).map(([key, value]) => messageField(1, item(key, value))),
  ),
  textField(6, run.experiment),
  textField(8, run.name),
  ...(run.note === '' ? [] : [textField(9, run.note)]),
  ...run.tags.map((tag) => textField(10, tag)),
  messageField(17, [
    varintField(1, Math.floor(run.startedAt / 1000)),
    varintField(2, (run.startedAt % 1000) * 1_000_000),
  ]),
];

/** All series of one step in one record, ascending, as its clients have it. */
function history(run: ExportedRun): readonly Field[] {
  const steps = new Map<number, { readonly values: Record<string, number>; at: number }>();
  for (const { name, points } of allSeries(run))
    for (const [index, point] of points.entries()) {
      const at = timeOf(run, point, index, points.length);
      const step = steps.get(point.step) ?? { values: {}, at };
      step.values[name] = point.value;
      step.at = Math.max(step.at, at);
      steps.set(point.step, step);
    }
  return [...steps]
    .toSorted(([a], [b]) => a - b)
    .map(([step, { values, at }]) =>
      messageField(2, [
        ...Object.entries({
          ...values,
          _step: step,
          _timestamp: at / 1000,
          _runtime: (at - run.startedAt) / 1000,
        }).map(([key, value]) => messageField(1, item(key, value))),
        messageField(2, [varintField(1, step)]),
      ]),
    );
}

const lastValues = (run: ExportedRun): Readonly<Record<string, number>> =>
  Object.fromEntries(allSeries(run).map(({ name, points }) => [name, points.at(-1)!.value]));

/** The file: its own header of 7 bytes, then the records; a block's last bytes, too few for a header, are zeros. */
export function leveldbLog(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  // ":W&B", the low half of zlib's CRC of "Weights & Biases", version 0.
  const parts: Uint8Array[] = [Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0)];
  let at = HEADER;
  const put = (bytes: Uint8Array): void => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const record of records) {
    let [from, isFirst] = [0, true];
    for (;;) {
      const left = BLOCK - (at % BLOCK);
      if (left < HEADER) {
        put(new Uint8Array(left));
        continue;
      }
      const piece = record.subarray(from, from + left - HEADER);
      const isEnd = from + piece.length === record.length;
      const type = isFirst ? (isEnd ? FULL : FIRST) : isEnd ? LAST : MIDDLE;
      put(framed(piece, type!));
      from += piece.length;
      // A piece may be empty, where a block has room for a header and no more.
      isFirst = false;
      if (isEnd) break;
    }
  }
  return joined(parts);
}

function framed(data: Uint8Array, type: number): Uint8Array {
  const frame = new Uint8Array(HEADER + data.length);
  frame[6] = type;
  frame.set(data, HEADER);
  const view = new DataView(frame.buffer);
  view.setUint32(0, crc32(frame.subarray(6)), true);
  view.setUint16(4, data.length, true);
  return frame;
}
