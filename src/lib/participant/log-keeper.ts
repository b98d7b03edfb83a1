// Holding the server to its own history: this device keeps the last head of the log of versions that it saw, and each time it asks,
// the log must begin with it. A server that was set back to an old copy, or shows others something else, is not trained for.
import type { FederationId } from '../core/ids.ts';
import { provedSteps } from '../core/transparency/check-inclusion.ts';
import { followHead, headFaultSentence } from '../core/transparency/follow-head.ts';
import { SignedHead, type Inclusion } from '../core/transparency/statements.ts';
import * as v from 'valibot';
import { LinkLost, type CoordinatorLink, type LogQuestion } from '../ports/coordinator-link.ts';
import type { ParticipantStore, StoredReceipt } from '../ports/participant-store.ts';
import type { BlockList } from './blocked.ts';
import { createQueue } from './engine.ts';

export interface LogKeeper {
  /** Asks at a connection. False: this server is not to be trained for now; the reason is among the blocks, or it did not answer. */
  follow(): Promise<boolean>;
  /** What proves that this contribution is in its version; undefined where the server cannot be asked, or has nothing to show. */
  prove(stored: StoredReceipt): Promise<Inclusion | undefined>;
}

const headKey = (federation: FederationId): string => `log-head:${federation}`;

/** The last head that this device saw; undefined: none yet. */
export async function keptHead(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
): Promise<SignedHead | undefined> {
  const read = v.safeParse(SignedHead, await store.settings.get(headKey(federation)));
  return read.success ? read.output : undefined;
}

export function createLogKeeper(parts: {
  readonly federation: FederationId;
  readonly store: ParticipantStore;
  readonly link: CoordinatorLink;
  readonly blocks: BlockList;
  /** Writes where there is room. */
  readonly kept: (write: Promise<void>) => Promise<void>;
  readonly changed: () => void;
}): LogKeeper {
  const { federation, store, link, blocks } = parts;
  // One question after the other: each is asked with the head of the one before.
  const inTurn = createQueue();

  const block = (detail: string): void => {
    blocks.set({ reason: 'other-history', detail });
    parts.changed();
  };

  const ask = (
    contribution?: LogQuestion['contribution'],
  ): Promise<{ readonly inclusion: Inclusion | null } | undefined> =>
    inTurn(async () => {
      const known = await keptHead(store, federation);
      const question = {
        since: known?.head.size ?? 0,
        ...(contribution === undefined ? {} : { contribution }),
      };
      // A server that knows nothing of the federation has no log of it either.
      const reply = (await link.log(federation, question)) ?? {
        head: null,
        consistency: null,
        inclusion: null,
      };
      const followed = await followHead(known, reply.head, reply.consistency);
      if (!followed.ok) {
        block(headFaultSentence(followed.error));
        return undefined;
      }
      blocks.clear('other-history');
      if (followed.value !== undefined && followed.value.signed.signature !== known?.signed.signature)
        await parts.kept(store.settings.put(headKey(federation), followed.value));
      return reply;
    });

  return {
    async follow() {
      try {
        return (await ask()) !== undefined;
      } catch (failure) {
        // Asked again at the next connection.
        if (!(failure instanceof LinkLost)) throw failure;
        return false;
      }
    },
    async prove({ receipt, signed }) {
      const round = receipt.countedIn ?? receipt.round;
      let inclusion: Inclusion | null | undefined;
      try {
        inclusion = (await ask({ round, participant: receipt.participant }))?.inclusion;
      } catch (failure) {
        if (!(failure instanceof LinkLost)) throw failure;
      }
      if (inclusion === null || inclusion === undefined) return undefined;
      const steps = await provedSteps({ receipt, signed, inclusion });
      if (steps.every(({ holds }) => holds !== false)) return inclusion;
      block(
        `What the server shows for round ${round} does not prove that this device’s update is in its version.`,
      );
      return undefined;
    },
  };
}
