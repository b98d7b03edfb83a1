// What sessions of one device share: its buffers, counted, and its pipelines, each compiled once for its text.
import { TrainerFailure } from '../../ports/trainer.ts';
import { refusedCommand, type Gpu } from './gpu.ts';
import { BINDINGS, MOST_NUMBERS, type Dispatch } from './wgsl.ts';

/** What a buffer of numbers is for: STORAGE, COPY_SRC and COPY_DST, whose names a browser without WebGPU lacks. */
export const STORAGE = 0x80 | 0x04 | 0x08;

export interface Workshop {
  readonly gpu: Gpu;
  readonly groupLayout: GPUBindGroupLayout;
  /** Of the numbers that a kernel is given. */
  readonly numbersLayout: GPUBindGroupLayout;
  /** A buffer of `bytes` or a little more, zeros. Throws TrainerFailure('out-of-memory') beyond what can be bound. */
  buffer(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer;
  free(buffer: GPUBuffer): void;
  /** From the buffer's beginning; bytes are followed by zeros up to a whole word. */
  write(buffer: GPUBuffer, values: Float32Array | Uint8Array): void;
  /**
   * The floats at the beginning of some buffers, as one array, in one submission: `before` is encoded first, then the
   * copies, then `after`.
   */
  read(
    parts: readonly (readonly [buffer: GPUBuffer, floats: number])[],
    before?: (encoder: GPUCommandEncoder) => void,
    after?: (encoder: GPUCommandEncoder) => void,
  ): Promise<Float32Array<ArrayBuffer>>;
  /** Throws TrainerFailure('unsupported') where the device refuses a kernel. */
  pipelines(dispatches: readonly Dispatch[]): Promise<readonly GPUComputePipeline[]>;
  /** Runs `work`, which waits for nothing, and throws what the device says against what it makes; then, what it promises. */
  checked<T>(work: () => T): Promise<Awaited<T>>;
  readonly bufferCount: number;
  readonly bytes: number;
}

export function workshopOf(gpu: Gpu): Workshop {
  const { device } = gpu;
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const buffers = new Set<GPUBuffer>();
  let bytes = 0;
  const compiled = new Map<string, Promise<GPUComputePipeline>>();
  const groupLayout = device.createBindGroupLayout({
    entries: BINDINGS.map(([name, access], binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: {
        type: access === 'read' ? 'read-only-storage' : 'storage',
        hasDynamicOffset: name === 'record',
      },
    })),
  });
  const numbersLayout = device.createBindGroupLayout({
    entries: [
      {
        binding: 0,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: 'uniform', minBindingSize: 4 * MOST_NUMBERS },
      },
    ],
  });
  const layouts = [
    device.createPipelineLayout({ bindGroupLayouts: [groupLayout] }),
    device.createPipelineLayout({ bindGroupLayouts: [groupLayout, numbersLayout] }),
  ] as const;
  const checked = async <T>(work: () => T): Promise<Awaited<T>> => {
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    let made;
    let ended;
    try {
      made = work();
    } finally {
      ended = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    }
    const [scopes, outcome] = await Promise.allSettled([ended, made]);
    if (scopes.status === 'rejected') throw scopes.reason;
    const error = scopes.value.find((one) => one !== null);
    if (error !== undefined && error !== null) throw refusedCommand(error);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
  const compile = async ({ code, numbers }: Dispatch): Promise<GPUComputePipeline> => {
    try {
      return await checked(() =>
        device.createComputePipelineAsync({
          layout: layouts[numbers.length > 0 ? 1 : 0],
          compute: { module: device.createShaderModule({ code }) },
        }),
      );
    } catch (cause) {
      if (cause instanceof TrainerFailure) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `The graphics device refused a kernel: ${reason}`;
      throw gpu.failure() ?? new TrainerFailure('unsupported', message, { cause });
    }
  };
  const makeBuffer = (wanted: number, usage: GPUBufferUsageFlags): GPUBuffer => {
    const size = Math.max(16, Math.ceil(wanted / 4) * 4);
    const limit = usage === STORAGE ? Math.min(maxStorageBufferBindingSize, maxBufferSize) : maxBufferSize;
    if (size > limit)
      throw new TrainerFailure(
        'out-of-memory',
        `A buffer of the graphics device takes ${Math.floor(limit / 2 ** 20)} MiB at most; ${Math.ceil(size / 2 ** 20)} MiB are needed at once.`,
      );
    const buffer = device.createBuffer({ size, usage });
    buffers.add(buffer);
    bytes += size;
    return buffer;
  };
  const free = (buffer: GPUBuffer): void => {
    if (!buffers.delete(buffer)) return;
    bytes -= buffer.size;
    buffer.destroy();
  };
  return {
    gpu,
    groupLayout,
    numbersLayout,
    buffer: makeBuffer,
    free,
    write(buffer, values) {
      const whole = values.length - (values.byteLength % 4);
      device.queue.writeBuffer(buffer, 0, values, 0, whole);
      if (whole === values.length) return;
      const rest = new Uint8Array(4);
      rest.set(values.subarray(whole));
      device.queue.writeBuffer(buffer, whole, rest);
    },
    async read(parts, before, after) {
      const length = parts.reduce((total, [, floats]) => total + floats, 0);
      const copy = makeBuffer(4 * length, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
      try {
        const encoder = device.createCommandEncoder();
        before?.(encoder);
        let at = 0;
        for (const [buffer, floats] of parts) {
          encoder.copyBufferToBuffer(buffer, 0, copy, at, 4 * floats);
          at += 4 * floats;
        }
        after?.(encoder);
        device.queue.submit([encoder.finish()]);
        try {
          await copy.mapAsync(GPUMapMode.READ, 0, 4 * length);
        } catch (cause) {
          // It may say so before the device does.
          const reason = cause instanceof Error ? cause.message : String(cause);
          const message = `The graphics device gave nothing back: ${reason}`;
          throw gpu.failure() ?? new TrainerFailure('device-lost', message, { cause });
        }
        return new Float32Array(copy.getMappedRange(0, 4 * length).slice(0));
      } finally {
        free(copy);
      }
    },
    pipelines: (dispatches) =>
      Promise.all(
        dispatches.map((dispatch) => {
          const known = compiled.get(dispatch.code) ?? compile(dispatch);
          compiled.set(dispatch.code, known);
          return known;
        }),
      ),
    checked,
    get bufferCount() {
      return buffers.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
