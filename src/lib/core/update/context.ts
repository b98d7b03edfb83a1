// What the seeded parts of an update's encoding depend on: known to both ends, and chosen by neither.
import type { FederationId, ParticipantId } from '../ids.ts';

export const updateContext = (federation: FederationId, round: number, participant: ParticipantId): string =>
  `${federation}/${round}/${participant}`;
