// What engines throw, in words that the rest of the app can answer: another back end, from the last checkpoint.
import { TrainerFailure } from '../ports/trainer.ts';

const outOfMemory =
  /out of memory|\bOOM\b|memory allocation|allocation failed|cannot enlarge memory|invalid (typed )?array length|exceeds the (maximum|max) buffer|GL_OUT_OF_MEMORY|requested texture size/i;
const lostDevice =
  /device (is|was) lost|device lost|context (is |was )?lost|CONTEXT_LOST|external instance reference no longer exists|instance dropped/i;
const unsupported = /is not (yet )?supported|not found for backend|no kernel/i;

/** Undefined for what is no failure of the device: a bug, or a cancelled run, which the caller must see as it is. */
export function asTrainerFailure(error: unknown): TrainerFailure | undefined {
  if (error instanceof TrainerFailure) return error;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const options = { cause: error };
  if (lostDevice.test(text))
    return new TrainerFailure('device-lost', `The device was lost (${text}).`, options);
  if (outOfMemory.test(text))
    return new TrainerFailure('out-of-memory', `The device ran out of memory (${text}).`, options);
  if (unsupported.test(text)) return new TrainerFailure('unsupported', text, options);
  return undefined;
}
