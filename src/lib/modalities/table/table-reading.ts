// How a table's file is read where a person says so, and how it was read where nobody did.
import * as v from 'valibot';

/** How a text's bytes mean letters. Names are those of the Encoding Standard, which every browser and Node know. */
export const textEncodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'koi8-r',
  'ibm866',
  'shift_jis',
  'euc-jp',
  'gb18030',
  'big5',
  'euc-kr',
] as const;
export type TextEncoding = (typeof textEncodings)[number];

/** What is absent is told by the file. */
export const TableReading = v.strictObject({
  /** Whether the first line names the columns, or is a row. */
  header: v.exactOptional(v.picklist(['names', 'row'])),
  /** Of a workbook. */
  sheet: v.exactOptional(v.string()),
  encoding: v.exactOptional(v.picklist(textEncodings)),
});
export type TableReading = v.InferOutput<typeof TableReading>;

/** Where a file leaves something open. */
export interface TableLayout {
  readonly header: 'names' | 'row';
  /** Of a text. */
  readonly encoding?: TextEncoding;
  /** Of a workbook: those that can be chosen, and the one that is read. */
  readonly sheets?: readonly string[];
  readonly sheet?: string;
}

/** Columns that no line names, by their place. */
export const namesByPlace = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, field) => `column ${field + 1}`);
export const isNameByPlace = (name: string): boolean => /^column [1-9]\d*$/.test(name);
