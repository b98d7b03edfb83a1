// Outputs of many rows: a program without a loss runs over them batch by batch, several to a submission, and what it made is
// read back at once. Nothing of it stays on the device.
import type { Network } from '../../core/model/network.ts';
import { consecutive } from '../../core/model/reference/batches.ts';
import { programOf } from './program.ts';
import { sizeOf } from './regions.ts';
import { loadProgram, type SharedBuffers } from './runner.ts';
import { writeRecord } from './step-record.ts';
import { STORAGE, type Workshop } from './workshop.ts';

/** Rows of a batch, where a row's values are few. */
const MOST_ROWS = 256;
/** Bytes of a batch's values, and of the rows of a submission. */
const MOST_BYTES = 2 ** 26;

const atMost = (bytes: number, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(MOST_BYTES / bytes)));

export interface Scoring {
  readonly workshop: Workshop;
  readonly network: Network;
  /** The session's buffers, with these for examples. */
  readonly buffersWith: (examples: GPUBuffer) => SharedBuffers;
  readonly batchSize: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Calls `use` with logits, or numbers, [rows, outputSize] of the rows `from … from + rows`. */
export async function scoreRows(
  { workshop, network, buffersWith, batchSize, signal }: Scoring,
  features: Uint8Array | Float32Array,
  count: number,
  use: (outputs: Float32Array, from: number, rows: number) => void,
): Promise<void> {
  signal?.throwIfAborted();
  if (count === 0) return;
  const size = sizeOf(network.spec.inputShape);
  const { outputSize } = network;
  const values = network.layers.reduce((total, { outputShape }) => total + sizeOf(outputShape), size);
  const batch = Math.min(batchSize ?? atMost(4 * values, MOST_ROWS), count);
  const program = programOf(network, batch, features instanceof Uint8Array, undefined);
  const runner = await loadProgram(workshop, program);
  const batches = Math.min(
    atMost(batch * size * features.BYTES_PER_ELEMENT, runner.most),
    Math.ceil(count / batch),
  );
  const together = batches * batch;
  let examples: GPUBuffer | undefined;
  let outputs: GPUBuffer | undefined;
  try {
    const [from, to] = await workshop.checked(
      () =>
        [
          (examples = workshop.buffer(together * size * features.BYTES_PER_ELEMENT, STORAGE)),
          (outputs = workshop.buffer(4 * together * outputSize, STORAGE)),
        ] as const,
    );
    const buffers = buffersWith(from);
    for (let first = 0; first < count; first += together) {
      signal?.throwIfAborted();
      const rows = Math.min(together, count - first);
      workshop.write(from, features.subarray(first * size, (first + rows) * size));
      for (let row = 0; row < rows; row += batch) {
        const some = Math.min(batch, rows - row);
        writeRecord(runner.next(some), program.record, consecutive(row, some));
      }
      const made = await workshop.read([[to, rows * outputSize]], (encoder) =>
        runner.encode(encoder, buffers, (index, some) =>
          encoder.copyBufferToBuffer(
            runner.values,
            4 * program.outputs,
            to,
            4 * index * batch * outputSize,
            4 * some * outputSize,
          ),
        ),
      );
      use(made, first, rows);
    }
  } finally {
    runner.free();
    for (const buffer of [examples, outputs]) if (buffer !== undefined) workshop.free(buffer);
  }
}
