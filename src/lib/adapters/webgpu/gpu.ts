// A graphics device that is ours to compute on: asked for with all that its adapter allows, named for the person, and heard
// when it is lost or refuses a command.
import { TrainerFailure } from '../../ports/trainer.ts';

export interface Gpu {
  readonly device: GPUDevice;
  /** "NVIDIA H200", "swiftshader (software)": what the adapter says of itself. */
  readonly name: string;
  /** Why the device is of no use any more. */
  failure(): TrainerFailure | undefined;
  close(): void;
}

/** What the person reads. */
export function adapterName({ info }: GPUAdapter): string {
  const fallback = 'isFallbackAdapter' in info && info.isFallbackAdapter === true;
  // Outside a browser it is the driver that describes itself: "NVIDIA: 580.159.04".
  const description = /^[^:]+: [\d.]+/.test(info.description) ? info.device : info.description;
  const name =
    description ||
    [info.vendor, info.architecture].filter((word) => word !== '').join(' ') ||
    'unnamed adapter';
  return fallback || /swiftshader|llvmpipe|software/i.test(`${name} ${info.architecture} ${info.device}`)
    ? `${name} (software)`
    : name;
}

/** An adapter, or undefined where there is none. */
export async function requestAdapter(): Promise<GPUAdapter | undefined> {
  const gpu = 'gpu' in navigator ? navigator.gpu : undefined;
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? undefined;
}

/** Throws TrainerFailure('unsupported') where there is no adapter. */
export async function requestGpu(): Promise<Gpu & { readonly info: GPUAdapterInfo }> {
  const adapter = await requestAdapter();
  if (adapter === undefined)
    throw new TrainerFailure('unsupported', 'This browser offers no WebGPU adapter.');
  const { limits, info } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  let failure: TrainerFailure | undefined;
  let closed = false;
  void device.lost.then((lost) => {
    if (!closed)
      failure = new TrainerFailure(
        'device-lost',
        `The graphics device was lost: ${lost.message || lost.reason}.`,
      );
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    failure ??= refusedCommand(error);
  });
  return {
    device,
    info,
    name: adapterName(adapter),
    failure: () => failure,
    close() {
      closed = true;
      device.destroy();
    },
  };
}

/** What a device says against a command, as the app can answer it. */
export const refusedCommand = (error: GPUError): TrainerFailure =>
  error instanceof GPUOutOfMemoryError
    ? new TrainerFailure('out-of-memory', `The graphics device is out of memory: ${error.message}`)
    : new TrainerFailure('unsupported', `The graphics device refused a command: ${error.message}`);
