// The choice of an engine as it is written down (BackendChoice of participation.ts).
import * as v from 'valibot';

export const BackendName = v.picklist([
  'gpu',
  'jax-webgpu',
  'webgpu',
  'webgl',
  'simd',
  'jax-wasm',
  'wasm',
  'cpu',
  'reference',
]);

const report = { backend: BackendName, description: v.string() };
export const BackendChoice = v.object({
  backend: BackendName,
  description: v.string(),
  reason: v.string(),
  reports: v.array(
    v.variant('passed', [
      v.object({ ...report, passed: v.literal(true), stepMs: v.number(), relativeError: v.number() }),
      v.object({ ...report, passed: v.literal(false), reason: v.string() }),
    ]),
  ),
});
