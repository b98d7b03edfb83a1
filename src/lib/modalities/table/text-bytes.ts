// Whether a file is text at all, and its bytes as UTF-8 whatever its byte order mark says.
import type { TextEncoding } from './table-reading.ts';
import { guessEncoding } from './text-encoding.ts';
import { chunksOf, signatureOf, type SourceFile } from '../source-file.ts';

const SEEMS: Readonly<Record<NonNullable<ReturnType<typeof signatureOf>>, string>> = {
  zip: 'a zip archive that holds no table',
  gzip: 'a gzip archive. Unpack it first',
  png: 'a PNG picture',
  jpeg: 'a JPEG picture',
  webp: 'a WebP picture',
  gif: 'a GIF picture. Save it as PNG',
  'other-picture':
    'a picture of a kind that is not read here (HEIC, AVIF, TIFF, BMP). Save it as PNG or JPEG',
  pdf: 'a PDF document',
  idx: 'an IDX file of pictures',
  wave: 'a recording (WAV)',
  'packed-sound': 'a recording (MP3, FLAC or Ogg)',
  'other-sound': 'a recording or a film',
  'old-excel':
    'an Excel workbook of the old form (.xls), or one with a password. In Excel, use “Save as” and choose .xlsx without a password, or CSV',
};

/** Binary tables of other programs, by their first letters; what they are, and how to have them as text. */
const BINARY: readonly (readonly [RegExp, string])[] = [
  [/^\x93NUMPY/, 'a NumPy array (.npy). In Python, write it with numpy.savetxt and a header, or by pandas'],
  [
    /^\x80[\x02-\x05]/,
    'a Python pickle, which only Python can open. Write it with DataFrame.to_csv or to_parquet',
  ],
  [/^SQLite format 3\0/, 'a SQLite database. Export one table of it as CSV'],
  [/^\x89HDF/, 'an HDF5 file. Write its table as CSV or Parquet'],
  [/^(<stata_dta>|[\x6e-\x73][\x01\x02]\x01)/, 'a Stata file (.dta). In Stata, use “export delimited”'],
  [/^\$FL[23]/, 'an SPSS file (.sav). In SPSS, use “Save as” and choose CSV'],
  [/^ORC/, 'an ORC file. Write it as Parquet'],
  [/^Obj\x01/, 'an Avro file. Write it as Parquet'],
  [/^(RDX|RDA)[23]/, 'an R data file. In R, use write.csv'],
  [/^MATLAB/, 'a MATLAB file. In MATLAB, use writetable'],
  [
    /^(FORM....AIF[FC]|\.snd|caff)/s,
    'a recording of a kind that is not read here (AIFF, AU, CAF). Save it as WAV, FLAC, Ogg or MP3',
  ],
  [
    /^7z\xbc\xaf|^Rar!|^BZh|^\xfd7zXZ|^\x28\xb5\x2f\xfd/,
    'an archive that is not opened here. Unpack it first',
  ],
];

/** Of Weka, or of KEEL: comments, and the name of a relation. */
export const isArff = (text: string): boolean => /^(\s*%.*\n)*\s*@relation\b/i.test(text);

/** What a text is that is no table to this app, as a sentence; undefined where it may be one. */
export function otherTextFormat(text: string): string | undefined {
  if (/^\s*<(!doctype html|html)/i.test(text))
    return 'It is a web page (HTML): a download that asks for a sign-in gives one. Download the file itself.';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!(--|doctype svg)[^>]*>\s*)*<svg\b/i.test(text))
    return 'It is a drawing of lines (SVG), and pictures are read as pixels. Save it as PNG.';
  if (/^\s*<\?xml/i.test(text)) return 'It is XML. Write its records as CSV or JSON.';
  if (/^[+-]?[\d.]+( \d+:\S+)+\s*\n/.test(text))
    return 'It is a LIBSVM file, which names no columns. Write it as CSV with a header line.';
  return undefined;
}

/** What a file that is no text seems to be, as a sentence; undefined for text, of the encoding that a person says. */
export function notTextBecause(head: Uint8Array, asked?: TextEncoding): string | undefined {
  const signature = signatureOf(head);
  if (signature !== undefined) return `It looks like ${SEEMS[signature]}.`;
  const letters = String.fromCharCode(...head.subarray(0, 16));
  const binary = BINARY.find(([begins]) => begins.test(letters));
  if (binary !== undefined) return `It looks like ${binary[1]}.`;
  const order = asked ?? byteOrder(head);
  if (order === 'utf-16le' && head[2] === 0 && head[3] === 0)
    return 'It is text in UTF-32, which few programs read. Save it as UTF-8.';
  if (order === 'utf-16le' || order === 'utf-16be') return undefined;
  let control = 0;
  for (const byte of head) {
    if (byte === 0) return 'It holds binary data.';
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) control += 1;
  }
  return control * 20 > head.length ? 'It holds binary data.' : undefined;
}

function byteOrder(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return unmarkedOrder(head);
}

/** UTF-16 without a mark, of letters that are mostly Latin: every other byte is 0, and no byte of the others. */
function unmarkedOrder(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const zeros = [0, 0];
  const length = Math.min(256, head.length & ~1);
  for (let at = 0; at < length; at += 1) if (head[at] === 0) zeros[at % 2]! += 1;
  if (length < 8) return undefined;
  if (zeros[0] === 0 && zeros[1]! > length * 0.4) return 'utf-16le';
  return zeros[1] === 0 && zeros[0]! > length * 0.4 ? 'utf-16be' : undefined;
}

/** Of a text by its first bytes (a few hundred kB are plenty): its byte order mark, or what its letters look like; undefined: not told. */
export const toldEncoding = (head: Uint8Array): TextEncoding | undefined =>
  byteOrder(head) ?? guessEncoding(head);

/** Likewise, by what a person says of it first. */
export const encodingOf = (head: Uint8Array, asked?: TextEncoding): TextEncoding =>
  asked ?? toldEncoding(head) ?? 'windows-1252';

/** Likewise, with the other pages of Latin letters told apart: their alphabets are loaded where a text may need them. */
export async function pageOf(head: Uint8Array, asked?: TextEncoding): Promise<TextEncoding> {
  const encoding = encodingOf(head, asked);
  if (asked !== undefined || encoding !== 'windows-1252') return encoding;
  const { otherPage } = await import('./western-letters.ts');
  return otherPage(head) ?? encoding;
}

/** What a person should know of it; undefined of Unicode. */
export function encodingNote(encoding: TextEncoding, asked?: TextEncoding): string | undefined {
  if (asked !== undefined || encoding.startsWith('utf-')) return undefined;
  const known: Partial<Record<TextEncoding, string>> = {
    'windows-1252': 'Windows-1252 (Western European; Polish, Czech and Hungarian are often windows-1250)',
    'windows-1250': 'Windows-1250 (Central European)',
    'windows-1254': 'Windows-1254 (Turkish)',
    'windows-1251': 'Windows-1251 (Cyrillic)',
    'koi8-r': 'KOI8-R (Cyrillic)',
    'windows-1253': 'Windows-1253 (Greek)',
    ibm866: 'code page 866 (Cyrillic)',
    shift_jis: 'Shift-JIS (Japanese)',
  };
  return `not UTF-8, and read as ${known[encoding] ?? encoding}.`;
}

/** Of a table's text; noted where it is not Unicode and no person said it. */
export async function notedEncoding(
  { path, reading }: Pick<SourceFile, 'path' | 'reading'>,
  head: Uint8Array,
  note: (text: string) => void,
): Promise<TextEncoding> {
  const encoding = await pageOf(head, reading?.encoding);
  const foreign = encodingNote(encoding, reading?.encoding);
  if (foreign !== undefined) note(`${path}: ${foreign}`);
  return encoding;
}

/** The first bytes of a text as UTF-8, without a byte order mark. */
export function headText(head: Uint8Array, encoding = encodingOf(head)): Uint8Array {
  if (encoding === 'utf-8') return byteOrder(head) === 'utf-8' ? head.subarray(3) : head;
  // As a stream: the last letter may be cut.
  return new TextEncoder().encode(new TextDecoder(encoding).decode(head, { stream: true }));
}

/** The whole text in pieces of UTF-8, without a byte order mark. `encoding` is `encodingOf` its first bytes. */
export async function* textChunks(
  file: SourceFile,
  encoding: TextEncoding,
  options: { readonly chunkBytes?: number; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = encoding === 'utf-8' ? undefined : new TextDecoder(encoding);
  let isFirst = true;
  for await (const chunk of chunksOf(file, options)) {
    const mark = isFirst && decoder === undefined && byteOrder(chunk) === 'utf-8' ? 3 : 0;
    isFirst = false;
    yield decoder === undefined
      ? chunk.subarray(mark)
      : new TextEncoder().encode(decoder.decode(chunk, { stream: true }));
  }
}
