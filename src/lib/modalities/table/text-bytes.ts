// Whether a file is text at all, and its bytes as UTF-8 whatever its byte order mark says.
import { chunksOf, signatureOf, type SourceFile } from '../source-file.ts';

const SEEMS: Readonly<Record<NonNullable<ReturnType<typeof signatureOf>>, string>> = {
  zip: 'a zip archive or an Excel workbook (.xlsx). In Excel, use “Save as” and choose CSV',
  gzip: 'a gzip archive. Unpack it first',
  png: 'a PNG picture',
  jpeg: 'a JPEG picture',
  webp: 'a WebP picture',
  gif: 'a GIF picture',
  pdf: 'a PDF document',
  idx: 'an IDX file of pictures',
  wave: 'a recording (WAV)',
  'other-sound': 'a recording or a film',
  'old-excel': 'an Excel workbook (.xls). In Excel, use “Save as” and choose CSV',
};

/** How a text's bytes mean letters. Windows-1252 is what is left where they are not UTF-8: older Excel's "CSV" in the West. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** What a file that is no text seems to be, as the end of a sentence; undefined for text. */
export function notTextBecause(head: Uint8Array): string | undefined {
  const signature = signatureOf(head);
  if (signature !== undefined) return `It looks like ${SEEMS[signature]}.`;
  if (byteOrder(head) === 'utf-16le' || byteOrder(head) === 'utf-16be') return undefined;
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
  return undefined;
}

/** Of a text by its first bytes (a few hundred kB are plenty): its byte order mark, or whether they are valid UTF-8. */
export function encodingOf(head: Uint8Array): TextEncoding {
  const order = byteOrder(head);
  if (order !== undefined) return order;
  try {
    // As a stream: the last letter may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** The first bytes of a text as UTF-8, without a byte order mark. */
export function headText(head: Uint8Array): Uint8Array {
  const encoding = encodingOf(head);
  if (encoding === 'utf-8') return byteOrder(head) === undefined ? head : head.subarray(3);
  if (encoding === 'windows-1252') return new TextEncoder().encode(new TextDecoder(encoding).decode(head));
  return new TextEncoder().encode(new TextDecoder(encoding).decode(head.subarray(2, head.length & ~1)));
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
