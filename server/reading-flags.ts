// The flags by which a person says how a table's file is read, where its first lines leave it open: of every command that reads tables
// without a contract.
import { Option } from 'commander';
import { textEncodings, type TableReading, type TextEncoding } from '#lib/modalities/table/table-reading.ts';

export interface ReadingFlags {
  readonly header?: 'yes' | 'no';
  readonly sheet?: string;
  readonly encoding?: TextEncoding;
}

export const headerFlag = new Option(
  '--header <whether>',
  'tables: whether the first line names the columns (yes), or is a row (no); told by the lines below it where left out',
).choices(['yes', 'no']);
export const sheetFlag = new Option(
  '--sheet <name>',
  'of a workbook (.xlsx); the first that holds a table where left out',
);
export const encodingFlag = new Option(
  '--encoding <name>',
  'of a text that is not UTF-8, where it is not told rightly',
).choices(textEncodings);

/** undefined where the files are to tell all of it. */
export function readingOf({ header, sheet, encoding }: ReadingFlags): TableReading | undefined {
  const reading: TableReading = {
    ...(header === undefined ? {} : { header: header === 'yes' ? ('names' as const) : ('row' as const) }),
    ...(sheet === undefined ? {} : { sheet }),
    ...(encoding === undefined ? {} : { encoding }),
  };
  return Object.keys(reading).length === 0 ? undefined : reading;
}

/** As a setup has it. */
export const readAs = (flags: ReadingFlags): { readonly reading?: TableReading } => {
  const reading = readingOf(flags);
  return reading === undefined ? {} : { reading };
};
