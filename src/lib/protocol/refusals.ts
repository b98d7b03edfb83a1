// The reply to a client update is the decision, with its reason. One closed list; each kind has one sentence that a
// person can act on, made from its own evidence.
import * as v from 'valibot';

const number = v.number();
const text = v.string();

/** Why an update is not counted. */
export const UpdateRefusal = v.variant('kind', [
  v.strictObject({ kind: v.literal('not-in-cohort'), round: number }),
  v.strictObject({ kind: v.literal('duplicate'), round: number }),
  v.strictObject({
    kind: v.literal('stale-base'),
    expected: text,
    got: text,
    /** Asynchronous rounds: how old the base is and may be, in versions. */
    age: v.optional(v.strictObject({ versions: number, most: number })),
  }),
  v.strictObject({ kind: v.literal('round-closed'), round: number, current: v.nullable(number) }),
  v.strictObject({ kind: v.literal('wrong-federation'), expected: text, got: text }),
  v.strictObject({ kind: v.literal('wrong-codec'), expected: text, got: text }),
  v.strictObject({ kind: v.literal('wrong-length'), expected: number, got: number }),
  v.strictObject({ kind: v.literal('wrong-digest'), expected: text, got: text }),
  v.strictObject({ kind: v.literal('not-finite'), index: number }),
  v.strictObject({ kind: v.literal('too-large-coordinate'), index: number, limit: number, got: number }),
  v.strictObject({ kind: v.literal('excluded'), reason: text }),
  v.strictObject({ kind: v.literal('invalid'), reason: text }),
]);
export type UpdateRefusal = v.InferOutput<typeof UpdateRefusal>;

export function refusalSentence(refusal: UpdateRefusal): string {
  switch (refusal.kind) {
    case 'not-in-cohort':
      return `This device was not picked for round ${refusal.round}, so its update is not counted. It takes part again in a later round.`;
    case 'duplicate':
      return `Round ${refusal.round} already holds an update of this device; the first one counts.`;
    case 'stale-base':
      if (refusal.age !== undefined)
        return `The update was trained from a version that is ${refusal.age.versions} versions old; at most ${refusal.age.most} still count. The device trains from the newest one next.`;
      return `The update was trained from another version (${refusal.got.slice(0, 8)}…) than the round asks for (${refusal.expected.slice(0, 8)}…). Join the current round.`;
    case 'round-closed':
      return refusal.current === null
        ? `Round ${refusal.round} had ended when the update arrived, so it is not counted.`
        : `Round ${refusal.round} had ended when the update arrived, so it is not counted. Round ${refusal.current} is open.`;
    case 'wrong-federation':
      return `The update belongs to the federation “${refusal.got}”, not to “${refusal.expected}”.`;
    case 'wrong-codec':
      return `The update is encoded as ${refusal.got} where the round asks for ${refusal.expected}. Join the current round.`;
    case 'wrong-length':
      return `The update holds ${refusal.got} bytes where ${refusal.expected} were announced or expected. Send it again.`;
    case 'wrong-digest':
      return 'The bytes that arrived differ from the digest that was announced. Send the update again.';
    case 'not-finite':
      return `Parameter ${refusal.index} of the update is not a finite number: training became unstable. Lower the learning rate.`;
    case 'too-large-coordinate':
      return `Parameter ${refusal.index} changed by ${refusal.got}, beyond the limit of ±${refusal.limit}. Lower the learning rate.`;
    case 'excluded':
      return `This update is not counted: the coordinator left this device out. ${refusal.reason}`;
    case 'invalid':
      return `The update could not be read: ${refusal.reason}.`;
    default:
      return refusal satisfies never;
  }
}
