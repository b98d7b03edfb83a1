// What rounds cost the server, for whoever pays for it.
//
//   GET    /api/federations/:id/costs     ServerCosts     (coordinator)
import * as v from 'valibot';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Of the whole server process, which all federations share: while a round was open, whatever else it did is in it. */
export const RoundCost = v.strictObject({
  round: whole,
  /** Processor time of all its threads. */
  cpuMs: positive,
  /** The most memory that the process was seen to hold meanwhile, a look each second. Rounds of an earlier program tell the most since the process began. */
  largestBytes: whole,
});
export type RoundCost = v.InferOutput<typeof RoundCost>;

/** As the operator sets them, in a currency of theirs; null: not set. */
export const Prices = v.strictObject({
  cpuHour: v.nullable(positive),
  /** Of 10⁹ bytes that leave the server. */
  gigabyteOut: v.nullable(positive),
});
export type Prices = v.InferOutput<typeof Prices>;

export const ServerCosts = v.strictObject({
  prices: Prices,
  /** In the order in which they ended; none of a round whose cohort was drawn, whose size is a secret, nor of one beside it. */
  rounds: v.array(RoundCost),
});
export type ServerCosts = v.InferOutput<typeof ServerCosts>;
