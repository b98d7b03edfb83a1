// WebGPU for Node, which has none of its own: Dawn, the implementation that Chromium has, by its binding for Node. The package
// `webgpu` holds 130 MB of it and nothing here depends on it: who has a graphics card installs it beside the app.
import * as v from 'valibot';

/** Not written where it is imported: bundlers and compilers would look for it. */
const PACKAGE = 'webgpu';

const Binding = v.object({
  create: v.function(),
  /** GPUBufferUsage, GPUOutOfMemoryError and the like. */
  globals: v.record(v.string(), v.unknown()),
});

let provided: Promise<boolean> | undefined;

/** Whether this process, or thread, has navigator.gpu now. False where the package is not installed or its library does not load. */
export function provideGraphics(): Promise<boolean> {
  return (provided ??= provide());
}

async function provide(): Promise<boolean> {
  if ('navigator' in globalThis && 'gpu' in navigator) return true;
  let loaded: unknown;
  try {
    loaded = await import(/* @vite-ignore */ PACKAGE);
  } catch {
    return false;
  }
  const { create, globals } = v.parse(Binding, loaded);
  Object.assign(globalThis, globals);
  const gpu: unknown = create([]);
  if ('navigator' in globalThis) Object.defineProperty(navigator, 'gpu', { value: gpu });
  // As Node 21 and later have it.
  else
    Object.defineProperty(globalThis, 'navigator', {
      value: { userAgent: `Node.js/${process.versions.node.split('.')[0]}`, gpu },
      configurable: true,
    });
  return true;
}
