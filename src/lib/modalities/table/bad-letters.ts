// Bytes of a text in UTF-8 that are no letters of it: a line of another program, a letter that was cut. They are read as “�”, and their
// cells are told, so that a person can mend them or choose another encoding.
import { quoted } from '../import-report.ts';
import { recordTexts, type CsvRecord } from './csv-scanner.ts';
import { namedCells } from './named-cells.ts';

/** What is said of the cells of records, where a piece of their file held such bytes. */
export function badLetters() {
  const cells = namedCells();
  return {
    record(record: CsvRecord, names: readonly string[]): void {
      for (const [field, cell] of recordTexts(record).entries())
        if (cell.includes('\ufffd'))
          cells.add(() => `row ${record.row.toLocaleString('en')} (${quoted(names[field] ?? '')})`);
    },
    /** undefined where all are letters. */
    note(): string | undefined {
      const words = cells.words();
      return (
        words &&
        `bytes that are no letters in UTF-8 are read as “\ufffd”: ${words}. Mend them in the file, or choose the encoding that it has.`
      );
    },
  };
}
export type BadLetters = ReturnType<typeof badLetters>;
