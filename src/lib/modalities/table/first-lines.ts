// From the first lines of a table to its columns: which lines stand before, whether one names the columns, and how many there are.
import { quoted } from '../import-report.ts';
import { linesBeforeHeader } from './header.ts';
import { namesColumns } from './header-line.ts';
import { namesByPlace, type TableLayout, type TableReading } from './table-reading.ts';

export interface FirstLines {
  /** Lines that are left unread before the header, or before the first row where there is none. */
  readonly before: number;
  readonly header: TableLayout['header'];
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

/**
 * `first`: lines as cells, empty ones left out. `hasTitles`: lines may stand before; `hasRowNames`: each row may begin with a name of its
 * own, as R's write.table has it.
 */
export function firstLines(
  first: readonly (readonly string[])[],
  wanted: readonly string[],
  asked: TableReading['header'],
  { hasTitles = true, hasRowNames = false } = {},
): FirstLines {
  const before = hasTitles ? linesBeforeHeader(first) : 0;
  const [line = [], ...rows] = first.slice(before);
  const notes =
    before === 0
      ? []
      : [
          `left unread before the line of column names: ${quoted(first.slice(0, before).flat().join(' ').trim())}.`,
        ];
  const header = asked ?? (namesColumns([line, ...rows], wanted) ? 'names' : 'row');
  if (header === 'names') return { before, header, names: namesIn(line, rows, wanted, hasRowNames), notes };
  const names = namesByPlace(line.length);
  return {
    before,
    header,
    names,
    notes: [
      ...notes,
      `no line names the columns: the first is a row, and they are called “column 1” to “column ${names.length}” by their place.`,
    ],
  };
}

/** As many as the rows have cells, where what is too many or too few is plainly no cell. */
function namesIn(
  line: readonly string[],
  rows: readonly (readonly string[])[],
  wanted: readonly string[],
  hasRowNames: boolean,
): readonly string[] {
  const alike = (length: number): boolean =>
    rows.some((row) => row.length === length) &&
    rows.every((row) => row.length === length || row.length === 1);
  const [first = '', ...others] = line;
  // NumPy's savetxt: "# a b c".
  if (first === '#' && others.length > 0 && alike(others.length)) return others;
  const names =
    /^#\s/.test(first) && !wanted.includes(first) ? [first.replace(/^#\s+/, ''), ...others] : line;
  if (alike(line.length + 1)) {
    // A separator ends each row.
    if (rows.every((row) => row.length === 1 || row.at(-1) === '')) return [...names, ''];
    if (hasRowNames) return ['', ...names];
  }
  if (names.at(-1) === '' && alike(line.length - 1)) return names.slice(0, -1);
  return names;
}
