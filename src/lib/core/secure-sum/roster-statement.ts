// What the server signs of each roster that it gives out, by the key of its receipts and version log: whoever holds two of them for one
// round and group shows with them that it told devices different things.
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { canonicalText } from '../canonical.ts';
import { FederationId, RoundNumber, RunNumber } from '../ids.ts';
import type { SumConfig } from './messages.ts';

const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'));

/** Which of a round's sums, 0 where there is one; or that of a survey, whose number stands where the round's does. */
export const SumGroup = v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(0)), v.literal('survey')]);
export type SumGroup = v.InferOutput<typeof SumGroup>;

export const RosterStatement = v.strictObject({
  federation: FederationId,
  run: RunNumber,
  round: RoundNumber,
  group: SumGroup,
  /** ctx: of everything that the cohort agrees on, the version that it trains from among it. */
  config: Hash,
  /** rh: who is in it, with which keys and pledges. */
  roster: Hash,
});
export type RosterStatement = v.InferOutput<typeof RosterStatement>;

export const rosterStatement = (
  { federation, run, round }: SumConfig,
  group: SumGroup,
  context: Uint8Array,
  rosterHash: Uint8Array,
): RosterStatement => ({
  federation,
  run,
  round,
  group,
  config: bytesToHex(context),
  roster: bytesToHex(rosterHash),
});

export const rosterStatementText = (statement: RosterStatement): string => canonicalText(statement);

export const rosterStatementBytes = (statement: RosterStatement): Uint8Array =>
  utf8ToBytes(`tributary secure sum 1\n${rosterStatementText(statement)}`);
