// Devices that never train: what a version does on their rows is what it will do where it has learnt nothing, which held-out rows of
// devices that trained do not say. Which they are follows from the federation's id and their own, so that it stays for good, whoever
// else comes, and device and server find it each for itself.
import { digestOfText } from '../digest.ts';
import type { RoundRules } from '../federation.ts';
import type { FederationId, ParticipantId } from '../ids.ts';

/** Whether a device never trains: about `heldOutDevices` of all. */
export const neverTrains =
  (federation: FederationId, { heldOutDevices }: Pick<RoundRules, 'heldOutDevices'>) =>
  (participant: ParticipantId): boolean => {
    if (heldOutDevices === undefined) return false;
    const digest = digestOfText(`never trains\n${federation}\n${participant}`);
    // 52 bits of it, uniform over [0, 1).
    return Number.parseInt(digest.slice(0, 13), 16) / 2 ** 52 < heldOutDevices;
  };
