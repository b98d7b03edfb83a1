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
  'old-excel': 'an Excel workbook (.xls). In Excel, use “Save as” and choose CSV',
};

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

/** The first bytes of a text as UTF-8, without a byte order mark. */
export function headText(head: Uint8Array): Uint8Array {
  const order = byteOrder(head);
  if (order === undefined) return head;
  if (order === 'utf-8') return head.subarray(3);
  return new TextEncoder().encode(new TextDecoder(order).decode(head.subarray(2, head.length & ~1)));
}

/** The whole text in pieces of UTF-8, without a byte order mark. */
export async function* textChunks(
  file: SourceFile,
  options: { readonly chunkBytes?: number; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  let decoder: TextDecoder | undefined;
  let isFirst = true;
  for await (const chunk of chunksOf(file, options)) {
    if (isFirst) {
      isFirst = false;
      const order = byteOrder(chunk);
      if (order === 'utf-16le' || order === 'utf-16be') decoder = new TextDecoder(order);
      if (order === 'utf-8') {
        yield chunk.subarray(3);
        continue;
      }
    }
    yield decoder === undefined ? chunk : new TextEncoder().encode(decoder.decode(chunk, { stream: true }));
  }
}
