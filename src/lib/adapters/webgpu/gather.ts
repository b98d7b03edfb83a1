// A step's rows, from where all rows are held: bytes become value / 255.
import type { RecordLayout } from './step-record.ts';
import { each, type Dispatch, type Tensor } from './wgsl.ts';

/** `bytes`: four of them lie in a word, little-endian as all of WebGPU. */
export function gatherDispatch(record: RecordLayout, rowSize: number, bytes: boolean, to: Tensor): Dispatch {
  const value = bytes
    ? 'f32((examples[at >> 2u] >> (8u * (at & 3u))) & 255u) / 255.0'
    : 'bitcast<f32>(examples[at])';
  return each(
    record.batch,
    rowSize,
    `let at = record[${record.indices}u + index / ${rowSize}u] * ${rowSize}u + index % ${rowSize}u;
values[${to.offset}u + index] = ${value};`,
  );
}
