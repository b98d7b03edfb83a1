// Records of ARFF, Weka's files, and of KEEL's, which differ in spelling only: a line for each attribute with its type, then rows with
// commas between (Witten, Frank, Hall & Pal 2016, "Data Mining", §2.4, and Weka's own "ARFF (stable version)").
import { quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { cellRecords } from './cell-records.ts';
import { MAXIMUM_RECORD_BYTES } from './csv-scanner.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import { notedEncoding, textChunks } from './text-bytes.ts';

interface Attribute {
  readonly name: string;
  /** Of a nominal one, in the order in which they are declared. */
  readonly values: readonly string[] | undefined;
}

/** A cell and the comma behind it: in single or double quotes, with a backslash before a letter that is one of the text, or in none. */
const CELL = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(?:,|$)|([^,]*)(?:,|$)/sy;
const unescaped = (text: string): string =>
  text.replace(/\\(.)/gs, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter);

/** undefined where a quotation does not close. */
function cellsOf(line: string): string[] | undefined {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const [whole, single, double, plain = ''] = CELL.exec(line) ?? [];
    if (whole === undefined) return undefined;
    const text = single ?? double;
    const bare = plain.trim();
    if (text === undefined && /^['"]/.test(bare)) return undefined;
    cells.push(text === undefined ? (bare === '?' ? '' : bare) : unescaped(text));
    if (!whole.endsWith(',')) return CELL.lastIndex >= line.length ? cells : undefined;
    // Behind the last comma there is one more, empty cell.
    if (CELL.lastIndex >= line.length) return [...cells, ''];
  }
}

const ATTRIBUTE = /^@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s{]+))\s*(.*)$/is;

/** A sentence where it cannot be read. */
function attributeOf(line: string): Attribute | string {
  const [, single, double, plain, type = ''] = ATTRIBUTE.exec(line) ?? [];
  const name = plain ?? unescaped(single ?? double ?? '');
  if (type === '')
    return `This line declares no attribute: ${quoted(line)}. Write @attribute, a name and a type.`;
  if (!type.startsWith('{'))
    return /^relational\b/i.test(type)
      ? `The attribute ${quoted(name)} holds tables of its own (relational). Write its values as attributes.`
      : { name, values: undefined };
  const values = type.endsWith('}') ? cellsOf(type.slice(1, -1).trim()) : undefined;
  return values === undefined
    ? `The values of the attribute ${quoted(name)} are not closed properly. Mend its braces and quotation marks.`
    : { name, values };
}

export async function readArff(
  file: SourceFile,
  head: Uint8Array,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  const encoding = await notedEncoding(file, head, (note) => sink.note(note));
  const attributes: Attribute[] = [];
  const record = cellRecords();
  const decoder = new TextDecoder();
  let [row, rest, isData, isUsable] = [0, '', false, true];

  const refuse = (message: string): void => {
    isUsable = false;
    sink.refuse('unsupported', message, row);
  };
  const take = (raw: string): void => {
    row += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('%') || !isUsable) return;
    if (!isData) {
      if (/^@data\b/i.test(line)) {
        isData = true;
        if (attributes.length === 0)
          return refuse('No line before @data declares an attribute. Choose the whole file.');
        sink.classes?.(
          new Map(attributes.flatMap(({ name, values }) => (values === undefined ? [] : [[name, values]]))),
        );
        isUsable = sink.header(
          attributes.map(({ name }) => name),
          row,
        );
      } else if (/^@attribute\b/i.test(line)) {
        const attribute = attributeOf(line);
        if (typeof attribute === 'string') refuse(attribute);
        else attributes.push(attribute);
      }
      return;
    }
    if (line.startsWith('{'))
      return refuse(
        'This is a sparse ARFF file, which names only the cells that are not 0. In Weka, apply the filter SparseToNonSparse and save it again.',
      );
    // A weight may stand behind the cells, in braces.
    const cells = cellsOf(line.replace(/,\s*\{[^{}]*\}$/, ''));
    if (cells === undefined || cells.length !== attributes.length)
      return sink.refuse(
        'ragged-row',
        cells === undefined
          ? 'A quoted cell of this row is not closed properly. Put a backslash before quotation marks inside it.'
          : `This row has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, but ${attributes.length} attributes are declared. Check its commas and quotation marks.`,
        row,
      );
    sink.record(record(cells, row));
  };

  let bytes = 0;
  const chunkBytes = options.chunkBytes ?? 1024 * 1024;
  for await (const chunk of textChunks(file, encoding, { chunkBytes, signal: options.signal })) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    // No row is so long: what is one line of many megabytes is no ARFF.
    if (rest.length > MAXIMUM_RECORD_BYTES) {
      take(rest);
      rest = '';
    }
    bytes = Math.min(file.size, bytes + chunkBytes);
    const goesOn = await sink.piece(bytes);
    if (!isUsable || (!goesOn && bytes < file.size)) return;
  }
  take(rest);
  await sink.piece(file.size);
  if (isUsable && !isData)
    refuse('The file has no line @data, behind which its rows stand. Choose the whole file.');
}
