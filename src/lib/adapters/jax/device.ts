// A device of jax-js: WebGPU, or WebAssembly on this thread. jax-js has one of each in a page, worker or process, which it never
// gives back: trainers share it, and free what they hold.
import { getWebGPUDevice, init, type Array as JaxArray, type Device } from '@jax-js/jax';
import { TrainerFailure, type BackendName } from '../../ports/trainer.ts';
import { adapterName, refusedCommand, requestAdapter } from '../webgpu/gpu.ts';

type DataArray = ReturnType<JaxArray['dataSync']>;

export interface JaxDevice {
  readonly backend: BackendName;
  readonly name: Device;
  readonly description: string;
  /** Starts what an array is made of, and waits for nothing but compilers. The array is kept. */
  start(array: JaxArray): Promise<void>;
  /** Waits until everything that was started has run. */
  settle(): Promise<void>;
  /** An owned copy of an array of f32, which is used up. */
  read(array: JaxArray): Promise<Float32Array<ArrayBuffer>>;
  /** Set once the device is gone, or has refused a command. */
  failure(): TrainerFailure | undefined;
  close(): void;
}

/** A copy: it may lie in memory that threads share. */
function floatsOf(values: DataArray): Float32Array<ArrayBuffer> {
  if (!(values instanceof Float32Array)) throw new Error('An array of jax-js does not hold floats.');
  return new Float32Array(values);
}

/**
 * It starts with the library. All of it on this thread: jax-js's threads are workers made of a blob, which our pages do not allow
 * (server/pages.ts), and it would not notice that they computed nothing. Only what is asked for by data() goes to them.
 */
export function wasmDevice(): JaxDevice {
  return {
    backend: 'jax-wasm',
    name: 'wasm',
    description: 'jax-js · WebAssembly',
    async start(array) {
      array.ref.dataSync();
    },
    settle: () => Promise.resolve(),
    read: async (array) => floatsOf(array.dataSync()),
    failure: () => undefined,
    close() {},
  };
}

/** Once the device of this page or worker is lost: jax-js asks for no other. */
let lost: TrainerFailure | undefined;
let isHeard = false;

/** Throws TrainerFailure('unsupported') where there is no adapter, 'device-lost' where the one there was is lost. */
export async function webgpuDevice(): Promise<JaxDevice> {
  const adapter = await requestAdapter();
  const started = adapter !== undefined && (await init('webgpu')).includes('webgpu');
  if (!started) throw new TrainerFailure('unsupported', 'This browser offers no WebGPU adapter.');
  const device = getWebGPUDevice();
  if (!isHeard)
    void device.lost.then(({ message, reason }) => {
      const text = `jax-js's graphics device was lost (${message || reason}), and it can start no other before the page is loaded anew.`;
      lost = new TrainerFailure('device-lost', text);
    });
  isHeard = true;
  if (lost !== undefined) throw lost;
  let refused: TrainerFailure | undefined;
  const hear = ({ error }: GPUUncapturedErrorEvent): void => {
    refused ??= refusedCommand(error);
  };
  device.addEventListener('uncapturederror', hear);
  const failure = (): TrainerFailure | undefined => lost ?? refused;
  return {
    backend: 'jax-webgpu',
    name: 'webgpu',
    description: `jax-js · WebGPU · ${adapterName(adapter)}`,
    async start(array) {
      await array.ref.gpuBuffer();
    },
    async settle() {
      await device.queue.onSubmittedWorkDone();
    },
    async read(array) {
      try {
        return floatsOf(await array.data());
      } catch (cause) {
        if (!(cause instanceof DOMException)) throw cause;
        // It may say so before the device does.
        const message = `The graphics device gave nothing back: ${cause.message}`;
        throw failure() ?? new TrainerFailure('device-lost', message, { cause });
      }
    },
    failure,
    close: () => device.removeEventListener('uncapturederror', hear),
  };
}
