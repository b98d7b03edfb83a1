// Which bytes are hashed, signed and derived: the key schedule of the protocol (SECURE_AGGREGATION, §1.4). The context binds model,
// round, cohort and encoding, and the roster hash every public key besides: it salts every key, so that a server which tells
// devices different things gets noise instead of a sum (Pasquini et al. 2022, arXiv 2111.07380).
import { fromText, joined, slotBytes, textBytes } from './bytes.ts';
import type { Advert, SumConfig, SumEncoding } from './messages.ts';
import type { Primitives } from './primitives.ts';

/** ctx: SHA-256 of the configuration, each field in a fixed order. */
export async function contextOf(config: SumConfig, { hash }: Primitives): Promise<Uint8Array> {
  const said = [
    'fl-sa1',
    config.suite,
    config.federation,
    config.run,
    config.round,
    config.version,
    config.base,
    config.bits,
    config.length,
    config.words,
    config.tail,
    encodingFields(config.encoding),
    config.profile,
    config.cohort,
    config.groups,
    config.least,
    config.colluding,
    config.leaving,
  ];
  return hash(textBytes(JSON.stringify(said)));
}

function encodingFields(encoding: SumEncoding): readonly unknown[] {
  switch (encoding.type) {
    case 'exact':
      return ['exact', encoding.clip, encoding.clipNorm, encoding.mostWeight];
    case 'compact':
      return ['compact', encoding.steps, encoding.clipNorm, encoding.mostWeight];
    case 'noisy':
      return ['noisy', encoding.clipNorm, encoding.quantum, encoding.variance];
    case 'words':
      return ['words'];
    case 'whole':
      return ['whole'];
    default:
      return encoding satisfies never;
  }
}

/** What a device signs of its two keys, and of what it is going to draw. */
export const advertBytes = (
  context: Uint8Array,
  { slot, sealKey, maskKey, pledge }: Pick<Advert, 'slot' | 'sealKey' | 'maskKey' | 'pledge'>,
): Uint8Array<ArrayBuffer> =>
  joined(
    textBytes('fl-sa1/advert'),
    context,
    slotBytes(slot),
    fromText(sealKey),
    fromText(maskKey),
    fromText(pledge),
  );

/** What a device's pledge is the hash of (graph.ts). */
export const pledgeBytes = (context: Uint8Array, slot: number, nonce: Uint8Array): Uint8Array<ArrayBuffer> =>
  joined(textBytes('fl-sa1/nonce'), context, slotBytes(slot), nonce);

/** rh: who is in U1, with which keys and pledges. */
export async function rosterHashOf(
  context: Uint8Array,
  roster: readonly Advert[],
  { hash }: Primitives,
): Promise<Uint8Array> {
  const entries = roster.map(({ slot, sealKey, maskKey, pledge, identity }) =>
    joined(slotBytes(slot), fromText(sealKey), fromText(maskKey), fromText(pledge), fromText(identity)),
  );
  return hash(joined(context, ...entries));
}

/** What a share is sealed about. */
export const sealedAbout = (rosterHash: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> =>
  joined(rosterHash, slotBytes(from), slotBytes(to));

export const commitBytes = (
  rosterHash: Uint8Array,
  slot: number,
  secret: Uint8Array,
): Uint8Array<ArrayBuffer> => joined(textBytes('b'), rosterHash, slotBytes(slot), secret);

/** What devices sign of who is summed. */
export const consentBytes = (
  context: Uint8Array,
  rosterHash: Uint8Array,
  summed: readonly number[],
): Uint8Array<ArrayBuffer> => joined(textBytes('fl-sa1/U3'), context, rosterHash, ...summed.map(slotBytes));

/** K_enc(u → v): another for each direction. */
export const sealingKey = (
  agreed: Uint8Array,
  rosterHash: Uint8Array,
  from: number,
  to: number,
  { derive }: Primitives,
) => derive(agreed, rosterHash, joined(textBytes('fl-sa1/enc'), slotBytes(from), slotBytes(to)));

/** K_mask(a, b), the same for both. */
export const pairKey = (
  agreed: Uint8Array,
  rosterHash: Uint8Array,
  one: number,
  other: number,
  { derive }: Primitives,
) =>
  derive(
    agreed,
    rosterHash,
    joined(textBytes('fl-sa1/mask'), slotBytes(Math.min(one, other)), slotBytes(Math.max(one, other))),
  );

/** K_self(u), of its seed b. */
export const selfKey = (seed: Uint8Array, rosterHash: Uint8Array, slot: number, { derive }: Primitives) =>
  derive(seed, rosterHash, joined(textBytes('fl-sa1/self'), slotBytes(slot)));

/** The sign of the mask that `slot` shares with `other`, in the vector of `slot`. */
export const maskSign = (slot: number, other: number): 1 | -1 => (slot < other ? 1 : -1);
