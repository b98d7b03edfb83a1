// What this device's held-out rows say of the versions it has seen: counts and sums, kept here and told to the coordinator once.
import * as v from 'valibot';
import { Digest, type FederationId, VersionNumber } from '../core/ids.ts';
import { SliceTallies } from '../core/gates/slice-tally.ts';
import { LatencyStep } from '../core/metrics/latency.ts';
import { SettledTally, Tally } from '../core/metrics/tally.ts';
import { lacksScores, settled } from '../core/metrics/tally-sums.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

const scored = {
  version: VersionNumber,
  digest: Digest,
  /** How long one prediction took, as it is told. */
  latency: v.exactOptional(LatencyStep),
};
/** `personal`: of this device's own model when the version was scored; null: there was none. */
const Untold = v.object({
  ...scored,
  told: v.literal(false),
  tally: Tally,
  slices: v.exactOptional(SliceTallies),
  personal: v.optional(v.nullable(Tally), null),
});
/** What is shown here of it, which is much less than what was told. */
const Told = v.object({
  ...scored,
  told: v.literal(true),
  tally: SettledTally,
  personal: v.optional(v.nullable(SettledTally), null),
});
const Scored = v.variant('told', [Untold, Told]);
export type Untold = v.InferOutput<typeof Untold>;
export type Scored = v.InferOutput<typeof Scored>;

/** Scores of another dataset are not comparable: they are dropped when the rows change. */
const Kept = v.object({ rows: Digest, scored: v.array(Scored) });

const keyOf = (federation: FederationId): string => `scores:${federation}`;
/** The oldest go first: a curve needs no more points. */
const MOST = 500;

export interface Scoreboard {
  /** Ascending by version. */
  readonly scored: readonly Scored[];
  has(version: VersionNumber, digest: Digest): boolean;
  add(scored: Untold): Promise<void>;
  told(version: VersionNumber): Promise<void>;
}

export async function openScoreboard(
  store: ParticipantStore,
  federation: FederationId,
  rows: Digest,
): Promise<Scoreboard> {
  const read = v.safeParse(Kept, await store.settings.get(keyOf(federation)));
  let scored: readonly Scored[] = read.success && read.output.rows === rows ? read.output.scored : [];
  // Scored by a program before protocol 5, and refused if it were told: it is scored anew.
  scored = scored.filter(
    ({ told, tally, personal }) => told || !(lacksScores(tally) || (personal && lacksScores(personal))),
  );
  const keep = (next: readonly Scored[]): Promise<void> => {
    scored = next.slice(-MOST);
    return store.settings.put(keyOf(federation), { rows, scored });
  };
  return {
    get scored() {
      return scored;
    },
    has: (version, digest) => scored.some((one) => one.version === version && one.digest === digest),
    add: (one) =>
      keep(
        [...scored.filter((other) => other.version !== one.version), one].sort(
          (a, b) => a.version - b.version,
        ),
      ),
    told: (version) =>
      keep(
        scored.map((one) => {
          if (one.version !== version || one.told) return one;
          const { slices: _, tally, personal, ...rest } = one;
          return { ...rest, tally: settled(tally), personal: personal && settled(personal), told: true };
        }),
      ),
  };
}
