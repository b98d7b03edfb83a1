// The record of what this device contributed: receipts with what became of their rounds, and refusals with their reasons.
import type { FederationId, RoundNumber } from '../core/ids.ts';
import type { CoordinatorLink } from '../ports/coordinator-link.ts';
import type { OutboxEntry, ParticipantStore, StoredReceipt } from '../ports/participant-store.ts';
import type { LogKeeper } from './log-keeper.ts';
import type { UpdateReply } from '../protocol/http.ts';

export interface Contributions {
  readonly count: number;
  /** Of them in a version, or on their way into one. */
  readonly published: number;
  readonly bytesSent: number;
  has(round: RoundNumber): boolean;
  /** Makes the decision durable, then lets the update go from the outbox. */
  decided(entry: OutboxEntry, reply: UpdateReply, at: number): Promise<void>;
  /** A round has ended: receipts of updates that count in it learn what became of it. `version` null: they are in none. */
  settled(round: RoundNumber, version: number | null): Promise<void>;
  /** Asks for what proves each contribution that is in a version and has no proof yet. */
  prove(keeper: Pick<LogKeeper, 'prove'>): Promise<void>;
  /** Rounds whose end this device has not heard of, each once. */
  readonly waiting: readonly RoundNumber[];
  /** Asks the coordinator what became of the waiting ones. Rejects with LinkLost. */
  reconcile(link: CoordinatorLink): Promise<readonly RoundNumber[]>;
}

/** The round whose version an update is part of, if that is made. */
const roundOf = ({ receipt }: StoredReceipt): RoundNumber => receipt.countedIn ?? receipt.round;

export async function openContributions(
  store: ParticipantStore,
  federation: FederationId,
): Promise<Contributions> {
  const receipts = new Map<RoundNumber, StoredReceipt>();
  for (const stored of await store.receipts.list(federation)) receipts.set(stored.receipt.round, stored);
  const put = async (stored: StoredReceipt): Promise<void> => {
    receipts.set(stored.receipt.round, stored);
    await store.receipts.put(stored);
  };
  const waiting = (): RoundNumber[] => [
    ...new Set([...receipts.values()].filter((stored) => stored.outcome === 'waiting').map(roundOf)),
  ];
  const settled = async (round: RoundNumber, version: number | null): Promise<void> => {
    for (const stored of [...receipts.values()])
      if (stored.outcome === 'waiting' && roundOf(stored) === round)
        await put({ ...stored, version, outcome: version === null ? 'abandoned' : 'included' });
  };
  /** Of which the server had nothing to show since the last connection: of versions whose cohort was drawn in secret there is nothing. */
  const asked = new Set<RoundNumber>();
  return {
    get count() {
      return receipts.size;
    },
    get published() {
      return [...receipts.values()].filter((stored) => stored.outcome !== 'abandoned').length;
    },
    get bytesSent() {
      let sum = 0;
      for (const stored of receipts.values()) sum += stored.receipt.bytes;
      return sum;
    },
    has: (round) => receipts.has(round),
    async decided(entry, reply, at) {
      if (reply.type === 'refused')
        await store.receipts.putRefusal({ federation, round: entry.round, message: reply.message, at });
      // The same receipt may come twice; what is known of its round stays.
      else if (!receipts.has(entry.round))
        await put({
          receipt: reply.receipt,
          signed: reply.signed,
          version: null,
          outcome: 'waiting',
          ...(entry.plan && { plan: entry.plan }),
          ...(entry.offer.judged && { judged: entry.offer.judged }),
        });
      await store.outbox.remove(federation, entry.round);
    },
    settled,
    async prove(keeper) {
      for (const stored of [...receipts.values()]) {
        if (stored.outcome !== 'included' || stored.signed === undefined || stored.inclusion !== undefined)
          continue;
        if (asked.has(stored.receipt.round)) continue;
        const inclusion = await keeper.prove(stored);
        if (inclusion === undefined) asked.add(stored.receipt.round);
        else await put({ ...stored, inclusion });
      }
    },
    get waiting() {
      return waiting();
    },
    async reconcile(link) {
      const ended: RoundNumber[] = [];
      asked.clear();
      for (const round of waiting()) {
        const view = await link.round(federation, round);
        // A round that the coordinator does not know of was made by a server that has lost its records: nothing holds it.
        if (view === undefined || view.phase === 'abandoned') await settled(round, null);
        else if (view.phase === 'committed') await settled(round, view.version);
        else continue;
        ended.push(round);
      }
      return ended;
    },
  };
}
