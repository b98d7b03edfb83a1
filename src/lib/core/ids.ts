// The identifiers that cross floors. Each is branded and made by one parser, so that a round number is never passed
// where a version number is meant.
import * as v from 'valibot';

/** Lower-case letters, digits and hyphens, 1–48 characters: it is part of the address `/f/<federation>`. */
export const FederationId = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/,
    'lower-case letters, digits and hyphens, 1 to 48 characters',
  ),
  v.brand('FederationId'),
);
export type FederationId = v.InferOutput<typeof FederationId>;

/** Hex of the first 16 bytes of SHA-256(public key): the identity certifies itself, with no registration. */
export const ParticipantId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{32}$/, '32 hex digits'),
  v.brand('ParticipantId'),
);
export type ParticipantId = v.InferOutput<typeof ParticipantId>;

/** SHA-256 in lower-case hex: the name of immutable bytes. */
export const Digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'), v.brand('Digest'));
export type Digest = v.InferOutput<typeof Digest>;

/** Counts from 1 within a federation, over all its runs; an abandoned round keeps its number. */
export const RoundNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.brand('RoundNumber'));
export type RoundNumber = v.InferOutput<typeof RoundNumber>;

/** Dense and monotone within a federation; 0 is the seeded initial model. */
export const VersionNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.brand('VersionNumber'));
export type VersionNumber = v.InferOutput<typeof VersionNumber>;

/** Counts from 1 within a federation. */
export const RunNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.brand('RunNumber'));
export type RunNumber = v.InferOutput<typeof RunNumber>;

/** Counts from 1 within a federation: what its coordinator asked of its devices beside training. */
export const SurveyNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.brand('SurveyNumber'));
export type SurveyNumber = v.InferOutput<typeof SurveyNumber>;

/** Content hash over a local dataset and the contract that it was read by. */
export type DatasetVersion = Digest;
