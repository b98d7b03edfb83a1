// A federation's journal: a hash chain, so that an edited or missing line is found by anybody who reads it again.
import { digestOfText } from '#lib/core/digest.ts';
import type { FederationId } from '#lib/core/ids.ts';
import type { JournalRecord } from '../ports/records.ts';

const START = '0'.repeat(64);

const hashOf = (entry: Omit<JournalRecord, 'hash'>): string =>
  digestOfText(JSON.stringify([entry.previous, entry.federation, entry.sequence, entry.at, entry.type, entry.payload]));

export interface Journal {
  /** The next line; it counts as written, so a caller that does not write it must not go on. */
  next(type: string, payload: unknown, at: number): JournalRecord;
}

export function journalAfter(federation: FederationId, last: JournalRecord | undefined): Journal {
  let sequence = last?.sequence ?? 0;
  let previous = last?.hash ?? START;
  return {
    next(type, payload, at) {
      sequence += 1;
      const entry = { federation, sequence, at, type, payload, previous };
      const hash = hashOf(entry);
      previous = hash;
      return { ...entry, hash };
    },
  };
}

/** The sequence number of the first line that does not follow from the one before; undefined for an intact chain. */
export function firstBrokenEntry(entries: readonly JournalRecord[]): number | undefined {
  let previous = START;
  for (const [index, entry] of entries.entries()) {
    if (entry.sequence !== index + 1 || entry.previous !== previous || hashOf(entry) !== entry.hash) return index + 1;
    previous = entry.hash;
  }
  return undefined;
}
