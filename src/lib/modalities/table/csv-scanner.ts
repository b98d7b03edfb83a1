// Cuts delimited text (RFC 4180 and what spreadsheets make of it) into records without making strings: a field is a
// range of the buffer. Papa Parse, which the tests hold this to, makes every cell a string first and took 2 to 3 times as
// long on the same file (bench/import.ts prints the ratio).

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A record longer than this is an unclosed quote that has swallowed the rest of the file. */
export const MAXIMUM_RECORD_BYTES = 4 * 1024 * 1024;

/** One record. Valid only until the callback returns: the scanner reuses every array. */
export interface CsvRecord {
  /** 1-based, as a spreadsheet counts: the header is 1, and empty lines count. */
  readonly row: number;
  readonly bytes: Uint8Array;
  /** Fields in this record; starts, ends and escaped hold more. */
  readonly fields: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where the field holds doubled quotes that `fieldText` must undo. */
  readonly escaped: Uint8Array;
  /** Text after a closing quote, or a quote that never closes. */
  readonly isMalformed: boolean;
}

export interface CsvScanner {
  push(chunk: Uint8Array): void;
  /** Ends the last record where the file does not end with a line break. */
  end(): void;
}

/**
 * Calls `onRecord` for each record, empty lines left out. `delimiter` is one ASCII byte. Line breaks are LF, CRLF or CR; a
 * quoted field may hold any of them; without `quotes` a quotation mark is a letter. Memory: one chunk and one record.
 */
export function csvScanner(
  delimiter: number,
  onRecord: (record: CsvRecord) => void,
  quotes = true,
): CsvScanner {
  const quote = quotes ? QUOTE : -1;
  let buffer: Uint8Array = new Uint8Array(0);
  /** Bytes of an incomplete record, moved to the start of the buffer. */
  let kept = 0;
  let row = 0;
  let starts = new Int32Array(64);
  let ends = new Int32Array(64);
  let escaped = new Uint8Array(64);

  const widen = (): void => {
    const wider = starts.length * 2;
    const [oldStarts, oldEnds, oldEscaped] = [starts, ends, escaped];
    starts = new Int32Array(wider);
    ends = new Int32Array(wider);
    escaped = new Uint8Array(wider);
    starts.set(oldStarts);
    ends.set(oldEnds);
    escaped.set(oldEscaped);
  };

  /** Scans whole records of buffer[0, length); returns where the first incomplete one starts. */
  const scan = (length: number, isLast: boolean): number => {
    const bytes = buffer;
    let recordStart = 0;
    let at = 0;
    let fields = 0;
    let isMalformed = false;
    while (at < length || (isLast && recordStart < length)) {
      if (fields === starts.length) widen();
      let hasEscape = 0;
      if (bytes[at] === quote && at < length) {
        let i = at + 1;
        for (;;) {
          while (i < length && bytes[i] !== QUOTE) i += 1;
          // A quote as the very last byte may be the first half of a doubled one.
          if (i >= length || (i + 1 >= length && !isLast)) {
            if (!isLast) return recordStart;
            isMalformed = isMalformed || i >= length;
            break;
          }
          if (i + 1 < length && bytes[i + 1] === QUOTE) {
            hasEscape = 1;
            i += 2;
            continue;
          }
          break;
        }
        starts[fields] = at + 1;
        ends[fields] = Math.min(i, length);
        at = Math.min(i + 1, length);
        while (
          at < length &&
          bytes[at] !== delimiter &&
          bytes[at] !== LINE_FEED &&
          bytes[at] !== CARRIAGE_RETURN
        ) {
          if (bytes[at] !== 0x20) isMalformed = true;
          at += 1;
        }
      } else {
        starts[fields] = at;
        let byte = bytes[at];
        while (at < length && byte !== delimiter && byte !== LINE_FEED && byte !== CARRIAGE_RETURN)
          byte = bytes[++at];
        ends[fields] = at;
      }
      escaped[fields] = hasEscape;
      fields += 1;

      if (at >= length) {
        if (!isLast) return recordStart;
      } else if (bytes[at] === delimiter) {
        at += 1;
        // A file may end right after a delimiter: one more, empty field.
        if (at < length || !isLast) continue;
        if (fields === starts.length) widen();
        starts[fields] = at;
        ends[fields] = at;
        escaped[fields] = 0;
        fields += 1;
      } else if (bytes[at] === CARRIAGE_RETURN) {
        if (at + 1 >= length && !isLast) return recordStart;
        at += at + 1 < length && bytes[at + 1] === LINE_FEED ? 2 : 1;
      } else {
        at += 1;
      }
      row += 1;
      const isEmptyLine = fields === 1 && starts[0] === ends[0];
      if (!isEmptyLine) onRecord({ row, bytes, fields, starts, ends, escaped, isMalformed });
      recordStart = at;
      fields = 0;
      isMalformed = false;
    }
    return recordStart;
  };

  const take = (length: number, isLast: boolean): void => {
    const from = scan(length, isLast);
    kept = length - from;
    buffer.copyWithin(0, from, length);
  };

  return {
    push(chunk) {
      const length = kept + chunk.length;
      if (buffer.length < length) {
        const grown = new Uint8Array(length + 65_536);
        grown.set(buffer.subarray(0, kept));
        buffer = grown;
      }
      buffer.set(chunk, kept);
      take(length, false);
      // The unclosed record is given up as malformed, and reading goes on behind it.
      if (kept > MAXIMUM_RECORD_BYTES) take(kept, true);
    },
    end: () => take(kept, true),
  };
}

const decoder = new TextDecoder('utf-8');

/** The text of one field, doubled quotes undone, white space around it removed. */
export function fieldText(record: CsvRecord, field: number): string {
  const text = decoder.decode(record.bytes.subarray(record.starts[field], record.ends[field]));
  return (record.escaped[field] === 1 ? text.replaceAll('""', '"') : text).trim();
}

/** All fields as text. */
export const recordTexts = (record: CsvRecord): string[] =>
  Array.from({ length: record.fields }, (_, field) => fieldText(record, field));
