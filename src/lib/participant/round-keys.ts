// Where what a round leaves on this device lies in its store.
import type { FederationId } from '../core/ids.ts';

/** One for all rounds of a federation: a tab that was closed in mid-round leaves no checkpoint behind for every such round. */
export const checkpointKey = (federation: FederationId): string => `round:${federation}`;

/** Where what a codec could not send lies between rounds. */
export const residualKey = (federation: FederationId): string => `residual:${federation}`;

/** SCAFFOLD's c_k [P]; missing: zeros, which is where every control begins. */
export const controlKey = (federation: FederationId): string => `control:${federation}`;
/** [1 + P]: the round, then c_k⁺ of its update. One value of one write: a round cannot be taken for another's. */
export const nextControlKey = (federation: FederationId): string => `next-control:${federation}`;
