// Bytes of a text in UTF-8 that are no letters of it: a line of another program, a letter that was cut. They are read as “�”, and their
// cells are told, so that a person can mend them or choose another encoding.
import { listOf, quoted } from '../import-report.ts';
import { recordTexts, type CsvRecord } from './csv-scanner.ts';
import type { TextEncoding } from './table-reading.ts';

const MOST_NAMED = 5;

/** Pieces are looked at as they come, by the engine's own decoder; records only where it found something. */
export function badLetters(encoding: TextEncoding) {
  const begun = (): TextDecoder | undefined =>
    encoding === 'utf-8' ? new TextDecoder(encoding, { fatal: true }) : undefined;
  let decoder = begun();
  let [isBad, wasBad, count] = [false, false, 0];
  const named: string[] = [];
  return {
    piece(bytes: Uint8Array): void {
      // A record may begin in the piece before.
      wasBad = isBad;
      isBad = false;
      try {
        decoder?.decode(bytes, { stream: true });
      } catch {
        isBad = true;
        decoder = begun();
      }
    },
    record(record: CsvRecord, names: readonly string[]): void {
      if (!isBad && !wasBad) return;
      for (const [field, cell] of recordTexts(record).entries()) {
        if (!cell.includes('\ufffd')) continue;
        count += 1;
        if (named.length < MOST_NAMED)
          named.push(`row ${record.row.toLocaleString('en')} (${quoted(names[field] ?? '')})`);
      }
    },
    /** undefined where all are letters. */
    note(): string | undefined {
      if (count === 0) return undefined;
      const cells = `${count.toLocaleString('en')} ${count === 1 ? 'cell' : 'cells'}`;
      return `bytes that are no letters in UTF-8 are read as “\ufffd”: ${cells}, in ${listOf(named)}${count > named.length ? ' and further' : ''}. Mend them in the file, or choose the encoding that it has.`;
    },
  };
}
