// Measuring every back end takes seconds: what the self-test said of a model is kept for a day, so that a reload in mid-round
// trains at once. A back end that is gone meanwhile fails when it is made, and the next one takes over.
import * as v from 'valibot';
import { digestOfText } from '../core/digest.ts';
import type { Engines } from '../participant/engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

const BackendName = v.picklist([
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
const Kept = v.object({
  measuredAt: v.number(),
  choice: v.object({
    backend: BackendName,
    description: v.string(),
    reason: v.string(),
    reports: v.array(
      v.variant('passed', [
        v.object({
          backend: BackendName,
          description: v.string(),
          passed: v.literal(true),
          stepMs: v.number(),
          relativeError: v.number(),
        }),
        v.object({
          backend: BackendName,
          description: v.string(),
          passed: v.literal(false),
          reason: v.string(),
        }),
      ]),
    ),
  }),
});
const KEPT_MS = 24 * 60 * 60 * 1000;

/** `device`: what the browser says it is; an update of it is measured anew. */
export const rememberedEngines = (
  engines: Engines,
  store: ParticipantStore,
  clock: Clock,
  device: string,
): Engines => ({
  async choose(network, batchSize, preferred) {
    const key = `backend-choice:${digestOfText(JSON.stringify([network.spec, batchSize, preferred, device]))}`;
    const kept = v.safeParse(Kept, await store.settings.get(key));
    if (kept.success && clock.now() - kept.output.measuredAt < KEPT_MS) return kept.output.choice;
    const choice = await engines.choose(network, batchSize, preferred);
    await store.settings.put(key, { measuredAt: clock.now(), choice });
    return choice;
  },
  create: (backend) => engines.create(backend),
});
