// What a coordinator chooses of secure aggregation, and the sizes that follow: a part of every federation's spec.
import * as v from 'valibot';

const between = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.finite(), v.minValue(minimum), v.maxValue(maximum));

/**
 * standard: tolerates that less than a third goes after the keys are shared, and holds against a server that lies to devices in
 * league with less than a third of them. lenient: tolerates that less than half goes, and promises privacy only against a server
 * that follows the protocol.
 */
export const SecureProfile = v.picklist(['standard', 'lenient']);
export type SecureProfile = v.InferOutput<typeof SecureProfile>;

/** γ: a share of devices in league with the server. A third is what the consistency round holds against. */
export const Colluding = between(0, 0.33);

export const SecureSumRules = v.variant('type', [
  v.strictObject({ type: v.literal('off') }),
  v.strictObject({
    type: v.literal('on'),
    /** Bits of a summed coordinate: 32 sums exactly, fewer sum rotated and rounded coordinates (core/update/codec/ring). */
    ring: v.picklist([3, 4, 5, 6, 8, 32]),
    profile: SecureProfile,
    /** ‖update‖₂ beyond which a device scales its own down, before it is weighed: with the weights it bounds what a sum can be. */
    clipNorm: between(1e-6, 1e6),
    /** n_k counts up to so many: the largest weight that one device has in the sum. */
    mostWeight: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000)),
    /** The cohort is summed in so many groups, whose means are compared with each other (groups.ts). Absent: it is one sum. */
    groups: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(3), v.maxValue(40))),
    /**
     * γ: so many of the devices may be in league with the server, and the others are hidden from it still: large sums are laid out for
     * it, and the noise of the others alone is what was promised. Absent: none in noise, one in twenty in large sums.
     */
    colluding: v.optional(Colluding),
  }),
]);
export type SecureSumRules = v.InferOutput<typeof SecureSumRules>;
export type SecureSumOn = Extract<SecureSumRules, { type: 'on' }>;

/** What a spec that says nothing of it means. */
export const plainSum = { type: 'off' } satisfies SecureSumRules;

/** What the form and the command line begin with. */
export const usualSecureSum: SecureSumOn = {
  type: 'on',
  ring: 32,
  profile: 'standard',
  clipNorm: 10,
  mostWeight: 1000,
  colluding: 0.1,
};

/** γ of a spec. */
export const colludingOf = ({ colluding = 0 }: Pick<SecureSumOn, 'colluding'>): number => colluding;

/** No device takes part in a sum of fewer. Compiled into every client: no server can lower it. */
export const LEAST_COHORT = 5;

/** A share's x is one byte, 1 … 255, and a device holds one of its own. */
export const MOST_NEIGHBOURS = 254;

/** What was measured to work: each device reads the roster whole. */
export const MOST_COHORT = 500;

/** t: so many of the `roster` devices that shared keys must answer, and so many open any of their secrets. */
export const thresholdOf = (roster: number, profile: SecureProfile): number =>
  profile === 'standard' ? Math.floor((2 * roster) / 3) + 1 : Math.floor(roster / 2) + 1;

/** U_min: the fewest whose sum is opened. */
export const leastSummed = (roster: number, profile: SecureProfile, least = LEAST_COHORT): number =>
  Math.max(least, thresholdOf(roster, profile));

/** Of `summed` devices of a roster so many are not in league with the server, where γ of the roster are. */
export const honestAmong = (summed: number, roster: number, colluding: number): number =>
  summed - Math.floor(colluding * roster);
