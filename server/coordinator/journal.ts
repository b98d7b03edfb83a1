// A federation's journal: a hash chain, so that an edited or missing line is found by anybody who reads it again.
import { digestOfText } from '#lib/core/digest.ts';
import type { FederationId } from '#lib/core/ids.ts';
import type { JournalRecord } from '../ports/records.ts';

export const START = '0'.repeat(64);

/** The last line of a federation that was deleted. The lines stay, and one that is made at its address again goes on after it. */
export const DELETED = 'deleted';

/** Lines of the federation that is there now, without those of one that was deleted before it. */
export const sinceMade = (lines: readonly JournalRecord[]): readonly JournalRecord[] =>
  lines.slice(lines.findLastIndex(({ type }) => type === DELETED) + 1);

export const hashOf = (entry: Omit<JournalRecord, 'hash'>): string =>
  digestOfText(
    JSON.stringify([entry.previous, entry.federation, entry.sequence, entry.at, entry.type, entry.payload]),
  );

export interface Journal {
  /** The hash of the last line that is durable; zeros: there is none. */
  readonly last: string;
  /** The next line, to be written with the change that it tells of. */
  next(type: string, payload: unknown, at: number): JournalRecord;
  /** The last line, which is not written yet, with more in its payload. */
  amend(last: JournalRecord, more: Readonly<Record<string, unknown>>): JournalRecord;
  /** The lines made so far are durable. */
  written(): void;
  /** Those made since were not written: their numbers are free again. */
  undo(): void;
}

export function journalAfter(federation: FederationId, last: JournalRecord | undefined): Journal {
  let durable = { sequence: last?.sequence ?? 0, hash: last?.hash ?? START };
  let end = durable;
  return {
    get last() {
      return durable.hash;
    },
    next(type, payload, at) {
      const entry = { federation, sequence: end.sequence + 1, at, type, payload, previous: end.hash };
      const record = { ...entry, hash: hashOf(entry) };
      end = record;
      return record;
    },
    amend({ hash, payload, ...rest }, more) {
      if (hash !== end.hash) throw new Error('Only the last line of a journal can be amended.');
      const entry = { ...rest, payload: { ...Object(payload), ...more } };
      const record = { ...entry, hash: hashOf(entry) };
      end = record;
      return record;
    },
    written() {
      durable = end;
    },
    undo() {
      end = durable;
    },
  };
}

/** The sequence number of the first line that does not follow from the one before; undefined for an intact chain. */
export function firstBrokenEntry(entries: readonly JournalRecord[]): number | undefined {
  let previous = START;
  for (const [index, entry] of entries.entries()) {
    if (entry.sequence !== index + 1 || entry.previous !== previous || hashOf(entry) !== entry.hash)
      return index + 1;
    previous = entry.hash;
  }
  return undefined;
}
