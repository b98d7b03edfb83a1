// An event file as TensorBoard reads it: TFRecords (length, its checksum, data, its checksum) of Event messages
// (tensorflow/core/util/event.proto, framework/summary.proto); settings and the end as the hparams plugin has them
// (tensorboard/plugins/hparams/plugin_data.proto).
import { maskedCrc32c } from '../crc.ts';
import { allSeries, plainName, timeOf, type ExportedFile, type ExportedRun } from './exported-run.ts';
import {
  bytesField,
  doubleField,
  floatField,
  joined,
  message,
  messageField,
  textField,
  varintField,
  type Field,
} from './protobuf.ts';

const STATUS = { finished: 1, failed: 2, stopped: 2, running: 3 } as const;
const [TYPE_STRING, TYPE_FLOAT64] = [1, 3];

export function tensorboardFiles(run: ExportedRun): readonly ExportedFile[] {
  const [begin, end] = [run.startedAt / 1000, (run.endedAt ?? run.startedAt) / 1000];
  const scalars = allSeries(run).flatMap(({ name, points }) =>
    points.map((point, at) => ({ name, point, seconds: timeOf(run, point, at, points.length) / 1000 })),
  );
  const events = [
    event(begin, 0, [textField(3, 'brain.Event:2')]),
    event(begin, 0, [hparams('_hparams_/experiment', messageField(2, experiment(run)))]),
    event(begin, 0, [hparams('_hparams_/session_start_info', messageField(3, sessionStart(run, begin)))]),
    ...scalars
      .toSorted((a, b) => a.seconds - b.seconds || a.point.step - b.point.step)
      .map(({ name, point, seconds }) =>
        event(seconds, point.step, [summary([textField(1, name), floatField(2, point.value)])]),
      ),
    event(end, 0, [
      hparams(
        '_hparams_/session_end_info',
        messageField(4, [varintField(1, STATUS[run.status]), doubleField(2, end)]),
      ),
    ]),
  ];
  const path = `${plainName(run.experiment)}/${plainName(`${run.name}-${run.id.slice(0, 8)}`)}/events.out.tfevents.${Math.floor(begin)}.tributary`;
  return [{ path, bytes: joined(events.map(tfRecord)) }];
}

/** Little-endian: uint64 length, uint32 checksum of it, the data, uint32 checksum of the data. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

const event = (seconds: number, step: number, what: readonly Field[]): Uint8Array =>
  message([doubleField(1, seconds), ...(step === 0 ? [] : [varintField(2, step)]), ...what]);

const summary = (value: readonly Field[]): Field => messageField(5, [messageField(1, value)]);

/** One float that is zero, of shape [1]: what the plugin writes where a value needs a tensor. */
const NULL_TENSOR: readonly Field[] = [
  varintField(1, 1),
  messageField(2, [messageField(2, [varintField(1, 1)])]),
  bytesField(5, new Uint8Array(4)),
];

function hparams(tag: string, data: Field): Field {
  const plugin = [textField(1, 'hparams'), messageField(2, [data])];
  return summary([
    textField(1, tag),
    messageField(9, [messageField(1, plugin)]),
    messageField(8, NULL_TENSOR),
  ]);
}

const experiment = (run: ExportedRun): readonly Field[] => [
  doubleField(3, run.startedAt / 1000),
  ...Object.entries(run.params).map(([name, value]) =>
    messageField(4, [
      textField(1, name),
      varintField(4, typeof value === 'number' ? TYPE_FLOAT64 : TYPE_STRING),
    ]),
  ),
  ...Object.keys(run.metrics).map((name) => messageField(5, [messageField(1, [textField(2, name)])])),
  textField(6, run.experiment),
];

const sessionStart = (run: ExportedRun, begin: number): readonly Field[] => [
  ...Object.entries(run.params).map(([name, value]) =>
    // An entry of a map; the value is a google.protobuf.Value.
    messageField(1, [
      textField(1, name),
      messageField(2, [typeof value === 'number' ? doubleField(2, value) : textField(3, value)]),
    ]),
  ),
  textField(4, run.id),
  doubleField(5, begin),
];
