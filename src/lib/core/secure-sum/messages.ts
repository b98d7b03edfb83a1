// What devices and server say to each other for one sum, as text: each part under 64 KB (SECURE_AGGREGATION, §1.4). Keys, shares
// and signatures are base64url. Nothing here is secret but to whom it is sealed; the masked vector itself goes by HTTP.
import * as v from 'valibot';
import { Digest, FederationId, RoundNumber, RunNumber, VersionNumber } from '../ids.ts';
import { ED25519_KEY_BYTES, P256_KEY_BYTES } from '../signature.ts';
import { textLength } from './bytes.ts';
import { Colluding, MOST_COHORT, MOST_NEIGHBOURS, SecureProfile } from './rules.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.minValue(0));

/** So many bytes as base64url. */
export const bytesText = (bytes: number) =>
  v.pipe(v.string(), v.length(textLength(bytes)), v.regex(/^[\w-]+$/, 'base64url'));

/** At most so many bytes, of a number that only their reader knows. No byte ends after the first character of four. */
export const bytesTextUpTo = (bytes: number) =>
  v.pipe(
    v.string(),
    v.maxLength(textLength(bytes)),
    v.regex(/^[\w-]*$/, 'base64url'),
    v.check(({ length }) => length % 4 !== 1, 'whole bytes as base64url'),
  );

export const Slot = v.pipe(whole, v.maxValue(MOST_COHORT - 1));
/** Slots, ascending, each once. */
export const Slots = v.pipe(
  v.array(Slot),
  v.check((slots) => slots.every((slot, i) => i === 0 || slot > slots[i - 1]!), 'ascending slots'),
);

/** How values become whole numbers modulo 2^bits, the same for the whole cohort. */
export const SumEncoding = v.variant('type', [
  /** core/update/codec/ring-exact: coordinates within ±clip, times a whole weight. */
  v.strictObject({ type: v.literal('exact'), clip: positive, clipNorm: positive, mostWeight: whole }),
  /** core/update/codec/ring-compact: rotated, in steps of each rotation block. */
  v.strictObject({
    type: v.literal('compact'),
    steps: v.array(positive),
    clipNorm: positive,
    mostWeight: whole,
  }),
  /** core/privacy/noise-in-sum: in whole quanta, each update with its share of noise, and counted once. */
  v.strictObject({
    type: v.literal('noisy'),
    clipNorm: positive,
    quantum: positive,
    /** Of the noise in the smallest sum, in quanta. */
    variance: whole,
  }),
  /** core/aggregation/exact-words: whole numbers of steps of 2⁻¹⁴, as they are. */
  v.strictObject({ type: v.literal('words') }),
  /** core/statistics/survey-sum: counts as they are, and sums in limbs. */
  v.strictObject({ type: v.literal('whole') }),
]);
export type SumEncoding = v.InferOutput<typeof SumEncoding>;

/** Everything that the cohort must agree on: its hash goes into every key, so that whoever is told something else masks with noise. */
export const SumConfig = v.strictObject({
  /** X25519, Ed25519, HKDF-SHA-256, AES-256. Another suite (post-quantum) takes the next number. */
  suite: v.literal(1),
  federation: FederationId,
  run: RunNumber,
  round: RoundNumber,
  version: VersionNumber,
  base: Digest,
  bits: v.picklist([3, 4, 5, 6, 8, 32]),
  /** Values of the vector. */
  length: whole,
  /** Words of packed lanes, and 32-bit words after them. */
  words: whole,
  tail: whole,
  encoding: SumEncoding,
  profile: SecureProfile,
  /** Slots of the cohort: 0 … cohort − 1. */
  cohort: v.pipe(whole, v.maxValue(MOST_COHORT)),
  /** The cohort is summed in so many groups: more, or others, than the spec says would be smaller sums. */
  groups: v.pipe(whole, v.minValue(1)),
  /** U_min that the server holds to; a device holds to no less than its own. */
  least: v.pipe(whole, v.minValue(1)),
  /** γ: the share of devices that may be in league with the server, and still see nothing. */
  colluding: Colluding,
  /** δ: the share of the roster that may be missing in the sum; a ring is laid out for it (neighbourhood.ts). */
  leaving: v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)),
});
export type SumConfig = v.InferOutput<typeof SumConfig>;

/** 1 ADVERTISE: two public keys of this attempt alone, signed by the device's own. */
export const Advert = v.strictObject({
  slot: Slot,
  /** c: shares are sealed for it. */
  sealKey: bytesText(32),
  /** s: masks are agreed by it. It is the one that is opened when its device goes, and must not open the shares. */
  maskKey: bytesText(32),
  /** SHA-256 of "fl-sa1/nonce" ‖ ctx ‖ slot ‖ nonce: what the order of a large roster is drawn from (graph.ts). */
  pledge: bytesText(32),
  /** The device's own, Ed25519 or P-256 (core/signature.ts). */
  identity: v.union([bytesText(ED25519_KEY_BYTES), bytesText(P256_KEY_BYTES)]),
  signature: bytesText(64),
});
export type Advert = v.InferOutput<typeof Advert>;

/** 2b NONCE, where the roster is large: what the device had pledged itself to. */
export const Nonce = v.strictObject({ slot: Slot, nonce: bytesText(32) });
export type Nonce = v.InferOutput<typeof Nonce>;

/** iv 12, x 1, a share of b 32, a share of s 32, tag 16. */
export const SEALED_BYTES = 93;

/** 3 SHARES: sealed for each neighbour (graph.ts), in the order of slots. */
export const SharedKeys = v.strictObject({
  slot: Slot,
  /** SHA-256("b" ‖ rosterHash ‖ slot ‖ b): what is rebuilt is held against it. */
  commit: bytesText(32),
  sealed: bytesTextUpTo(SEALED_BYTES * MOST_NEIGHBOURS),
});
export type SharedKeys = v.InferOutput<typeof SharedKeys>;

/** 4 FORWARD: what its neighbours sealed for this device. Their slots, with its own, are its part of U2. */
export const Forward = v.array(v.strictObject({ slot: Slot, sealed: bytesText(SEALED_BYTES) }));
export type Forward = v.InferOutput<typeof Forward>;

/** 6b: `signature` over "fl-sa1/U3" ‖ ctx ‖ rosterHash ‖ U3. */
export const Consent = v.strictObject({ slot: Slot, signature: bytesText(64) });
export type Consent = v.InferOutput<typeof Consent>;

/** x and the share. */
export const SHARE_BYTES = 33;

/** 7 REVEAL: for each slot of its part of U2, ascending, a share of its b where it is in U3, else of its s. */
export const Reveal = v.strictObject({
  slot: Slot,
  shares: v.pipe(bytesTextUpTo(SHARE_BYTES * (MOST_NEIGHBOURS + 1)), v.nonEmpty()),
});
export type Reveal = v.InferOutput<typeof Reveal>;
