// Measuring every back end takes seconds: what the self-test said of a model is kept for a day, so that a reload in mid-round
// trains at once. A back end that is gone meanwhile fails when it is made, and the next one takes over.
import * as v from 'valibot';
import { digestOfText } from '../core/digest.ts';
import { BackendChoice } from '../participant/backend-choice.ts';
import type { Engines } from '../participant/engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

const Kept = v.object({ measuredAt: v.number(), choice: BackendChoice });
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
