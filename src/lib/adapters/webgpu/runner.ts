// A program on its device: its pipelines, its values, and the records of the steps that wait to be submitted together.
import type { Program } from './program.ts';
import { BINDINGS, dimensions, MOST_NUMBERS } from './wgsl.ts';
import { STORAGE, type Workshop } from './workshop.ts';

/** Steps of one submission. */
const MOST_STEPS = 32;
/**
 * Multiplications of one submission: a graphics device that is busy for seconds is taken for hung, and nothing can be called
 * off before a submission ends. The slowest processors do some billion a second.
 */
const MOST_WORK = 1e9;

/** The buffers of a session that a program works on, by the names of its bindings. */
export type SharedBuffers = Readonly<
  Record<Exclude<(typeof BINDINGS)[number][0], 'values' | 'record'>, GPUBuffer>
>;

export interface Runner {
  readonly program: Program;
  /** The values, [outputs] among them. */
  readonly values: GPUBuffer;
  /** Records of one submission. */
  readonly most: number;
  /** Records that wait. */
  readonly waiting: number;
  readonly isFull: boolean;
  /** The next record, to be written. Its kernels run for its first `rows` rows. */
  next(rows: number): Uint32Array;
  /**
   * Encodes what waits, first come first. `after`: called when a record's kernels are encoded, with its number and its rows;
   * it may copy their outputs, for the pass has ended.
   */
  encode(
    encoder: GPUCommandEncoder,
    buffers: SharedBuffers,
    after?: (index: number, rows: number) => void,
  ): void;
  free(): void;
}

export async function loadProgram(workshop: Workshop, program: Program): Promise<Runner> {
  const { device } = workshop.gpu;
  const pipelines = await workshop.pipelines(program.dispatches);
  const alignment = device.limits.minStorageBufferOffsetAlignment / 4;
  const stride = Math.ceil(program.recordWords / alignment) * alignment;
  const most = Math.max(1, Math.min(MOST_STEPS, Math.floor(MOST_WORK / program.work)));
  const staged = new Uint32Array(most * stride);
  const given = program.dispatches.map(({ numbers }) => numbers);
  const [values, records, numbers] = await workshop.checked(
    () =>
      [
        workshop.buffer(4 * program.valueCount, STORAGE),
        workshop.buffer(4 * staged.length, STORAGE),
        workshop.buffer(4 * MOST_NUMBERS * given.length, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST),
      ] as const,
  );
  const written = new Uint32Array(MOST_NUMBERS * given.length);
  for (const [at, some] of given.entries()) written.set(some, MOST_NUMBERS * at);
  device.queue.writeBuffer(numbers, 0, written);
  const numberGroups = given.map((some, at) =>
    some.length === 0
      ? undefined
      : device.createBindGroup({
          layout: workshop.numbersLayout,
          entries: [
            {
              binding: 0,
              resource: { buffer: numbers, offset: 4 * MOST_NUMBERS * at, size: 4 * MOST_NUMBERS },
            },
          ],
        }),
  );
  /** Workgroups of each kernel, for a whole batch. */
  const whole = program.dispatches.map(({ workgroups }) => dimensions(workgroups(program.batch)));
  const rowsOf: number[] = [];
  let bound: { readonly buffers: SharedBuffers; readonly group: GPUBindGroup } | undefined;

  const groupOver = (buffers: SharedBuffers): GPUBindGroup => {
    if (bound?.buffers === buffers) return bound.group;
    const all = { ...buffers, values, record: records };
    const group = device.createBindGroup({
      layout: workshop.groupLayout,
      entries: BINDINGS.map(([name], binding) => ({
        binding,
        resource: { buffer: all[name], ...(name === 'record' ? { size: 4 * program.recordWords } : {}) },
      })),
    });
    bound = { buffers, group };
    return group;
  };
  return {
    program,
    values,
    most,
    get waiting() {
      return rowsOf.length;
    },
    get isFull() {
      return rowsOf.length >= most;
    },
    next(rows) {
      const begin = rowsOf.length * stride;
      rowsOf.push(rows);
      return staged.subarray(begin, begin + program.recordWords);
    },
    encode(encoder, buffers, after) {
      if (rowsOf.length === 0) return;
      device.queue.writeBuffer(records, 0, staged, 0, rowsOf.length * stride);
      const group = groupOver(buffers);
      let pass = encoder.beginComputePass();
      for (const [index, rows] of rowsOf.entries()) {
        pass.setBindGroup(0, group, [4 * index * stride]);
        for (const [at, pipeline] of pipelines.entries()) {
          const [x, y] =
            rows === program.batch ? whole[at]! : dimensions(program.dispatches[at]!.workgroups(rows));
          pass.setPipeline(pipeline);
          const own = numberGroups[at];
          if (own !== undefined) pass.setBindGroup(1, own);
          pass.dispatchWorkgroups(x, y);
        }
        if (after === undefined) continue;
        pass.end();
        after(index, rows);
        if (index + 1 < rowsOf.length) pass = encoder.beginComputePass();
      }
      if (after === undefined) pass.end();
      rowsOf.length = 0;
    },
    free() {
      workshop.free(values);
      workshop.free(records);
      workshop.free(numbers);
    },
  };
}
