// What coordinators did, act by act: who, when and what, in one hash chain for the whole server, which outlives the federations that it
// tells of. Acts that change a federation stand in its journal as well, in the transaction that changed it. People and their ways in
// belong to no federation: acts name their rows, as lines of a journal name those of its federation (coordinator/seal.ts).
import { canonicalText, type Canonical } from '#lib/core/canonical.ts';
import { digestOfText } from '#lib/core/digest.ts';
import { START } from './coordinator/journal.ts';
import { nameOf, rowDigest } from './coordinator/seal.ts';
import type { Clock } from './ports/clock.ts';
import type { ActRecord, Change, Records } from './ports/records.ts';

export interface Act {
  /** "started", "signed-in" … */
  readonly act: string;
  readonly federation: string | null;
  /** What of, as far as it is not said by the act itself. */
  readonly detail: { readonly [key: string]: Canonical };
}

/** The last act that is durable; 0 and zeros: there is none. */
export interface ActsEnd {
  readonly sequence: number;
  readonly hash: string;
}

export interface Acts {
  readonly end: ActsEnd;
  /** Durable when it resolves, in one transaction with `changes`. Rejects as Records.write does, with nothing done. */
  record(by: string, act: Act, changes?: readonly Change[]): Promise<void>;
}

export const hashOfAct = ({ hash: _, ...act }: ActRecord): string =>
  digestOfText(canonicalText({ ...act, detail: act.detail as Canonical }));

export async function openActs(records: Records, clock: Clock): Promise<Acts> {
  const [last] = await records.acts({ limit: 1 });
  let end = { sequence: last?.sequence ?? 0, hash: last?.hash ?? START };
  // One after the other: each follows from the one before.
  let turn: Promise<void> = Promise.resolve();
  return {
    get end() {
      return { sequence: end.sequence, hash: end.hash };
    },
    record(by, act, changes = []) {
      const written = turn.then(async () => {
        const { sequence, hash: previous } = end;
        const rows = changes.flatMap((change) => records.rowsOf(change));
        const named = rows.map((row): [string, string] => [nameOf(row), rowDigest(row)]);
        const detail = rows.length === 0 ? act.detail : { ...act.detail, rows: named };
        const entry = { sequence: sequence + 1, at: clock.now(), by, ...act, detail, previous, hash: '' };
        const record: ActRecord = { ...entry, hash: hashOfAct(entry) };
        await records.write([...changes, { type: 'append-act', record }]);
        end = record;
      });
      turn = written.catch(() => undefined);
      return written;
    },
  };
}
