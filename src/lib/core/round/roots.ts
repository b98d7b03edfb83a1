// Rounds whose updates are measured against that of a device that the coordinator trusts (core/aggregation/fltrust.ts). One such
// device must be in the cohort, the round waits for its update, and without it no version can be made. Its rows stay where they
// are, like everybody's: what is trusted is the device.
import type { ParticipantId } from '../ids.ts';
import type { Aggregation, Candidate, Reporting, Round, Standing } from './round-state.ts';

type Rooted = Pick<Round, 'roots'>;

export const isRoot = ({ roots }: Rooted, participant: ParticipantId): boolean =>
  roots?.includes(participant) === true;

/** Whether a root that the round needs is among these. */
export const hasRoot = (round: Rooted, candidates: readonly Candidate[]): boolean =>
  round.roots === undefined || candidates.some((one) => isRoot(round, one.participant));

/** Whether a root that the round needs stands in one of these ways. */
export const rootStands = (round: Reporting | Aggregation, ...types: readonly Standing['type'][]): boolean =>
  round.roots === undefined ||
  round.cohort.some(
    ({ candidate, standing }) => isRoot(round, candidate.participant) && types.includes(standing.type),
  );

/** Why there is nothing to make of a round; `did`: what no root did. */
export const rootMissing = ({ roots = [] }: Rooted, did: string): string =>
  roots.length === 0
    ? 'No device is trusted as root, and updates are measured against the root’s. Choose one on the console’s page of participants.'
    : `No device that is trusted as root ${did}, and updates are measured against the root’s.`;

/** Roots come before everybody else, each part in the order that it had. */
export const rootsFirst = (round: Rooted, candidates: readonly Candidate[]): Candidate[] => [
  ...candidates.filter((one) => isRoot(round, one.participant)),
  ...candidates.filter((one) => !isRoot(round, one.participant)),
];
