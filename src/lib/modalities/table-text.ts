// A table as the text of a file that this program reads back to the same cells.
import type { RawTable } from './raw-table.ts';

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** RFC 4180, with a header. */
export const tableText = ({ header, rows }: Pick<RawTable, 'header' | 'rows'>): string =>
  [header, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n';
