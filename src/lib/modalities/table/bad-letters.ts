// Bytes of a text in UTF-8 that are no letters of it: a line of another program, a letter that was cut. They are read as “�”, and their
// cells are told, so that a person can mend them or choose another encoding.
import { listOf, quoted } from '../import-report.ts';
import { recordTexts, type CsvRecord } from './csv-scanner.ts';

const MOST_NAMED = 5;

/** What is said of the cells of records, where a piece of their file held such bytes. */
export function badLetters() {
  let count = 0;
  const named: string[] = [];
  return {
    record(record: CsvRecord, names: readonly string[]): void {
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
export type BadLetters = ReturnType<typeof badLetters>;
