// What a file says of itself is held against what it has before it is decoded: a run of two thousand million values is never written out.
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { sourceOfBytes } from '../source-file.ts';
import { checkFooter, checkGroup } from './parquet-pages.ts';

/** A hundred truths: one run, whose header is the varint of 2 · 100 (c8 01), of the value 1. */
const truths = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'ill', data: Array.from({ length: 100 }, () => true), type: 'BOOLEAN', nullable: false },
    ],
    codec: 'UNCOMPRESSED',
  }),
);
const run = truths.findIndex((_, i) => truths.subarray(i, i + 3).join() === '200,1,1');

function checked(bytes: Uint8Array): Promise<void> {
  const metadata = parquetMetadata(truths.slice().buffer);
  return checkGroup(metadata.row_groups[0]!, metadata, {}, (from, to) =>
    Promise.resolve(bytes.slice(from, to).buffer as ArrayBuffer),
  );
}
const withRun = (first: number, second: number): Uint8Array => {
  const bytes = truths.slice();
  bytes.set([first, second], run);
  return bytes;
};

test('runs stand for as many values as there are, and no more', async () => {
  expect(run).toBeGreaterThan(0);
  await checked(truths);
  await expect(checked(withRun(0xfe, 0x7f))).rejects.toThrow(
    'a run stands for 8191 values, and 100 are left',
  );
  await expect(checked(withRun(0xff, 0x7f))).rejects.toThrow(
    'a run stands for 65528 values, and 100 are left',
  );
  // Too few: what comes behind is no run.
  await expect(checked(withRun(0xc6, 0x01))).rejects.toThrow();
});

test('a column of fewer rows than its group is refused, and so is one that is cut off', async () => {
  const metadata = parquetMetadata(truths.slice().buffer);
  const group = { ...metadata.row_groups[0]!, num_rows: 101n };
  const read = (from: number, to: number) => Promise.resolve(truths.slice(from, to).buffer as ArrayBuffer);
  await expect(checkGroup(group, metadata, {}, read)).rejects.toThrow(
    'a column has 100 rows, and its group 101',
  );
  await expect(checkGroup({ ...group, columns: [] }, metadata, {}, read)).rejects.toThrow('no columns');
  await expect(checked(truths.slice(0, run))).rejects.toThrow();
});

test('a number in the footer that never ends is not read', async () => {
  const footer = new Uint8Array(70_000).fill(0xff);
  new DataView(footer.buffer).setUint32(footer.length - 8, footer.length - 8, true);
  await expect(checkFooter(sourceOfBytes('a.parquet', footer))).rejects.toThrow('does not end');
  await checkFooter(sourceOfBytes('a.parquet', truths));
  await checkFooter(sourceOfBytes('a.parquet', new Uint8Array(3)));
});
