// How the bytes of a text mean letters, where neither a byte order mark nor UTF-8 says so: told by what words look like. Western texts
// have a letter of their own here and there among ASCII; Cyrillic, Greek and Japanese ones whole words. What is neither is left to the person.
import type { TextEncoding } from './table-reading.ts';

/** The bytes of words that hold anything beyond ASCII, and whether nothing else is in them. */
function wordsIn(head: Uint8Array): { readonly mixed: number; readonly whole: number } {
  let [mixed, whole, high, ascii] = [0, 0, 0, 0];
  const end = (): void => {
    if (high > 0 && ascii > 0) mixed += 1;
    // A sign of its own (°, £, €) is no word.
    else if (high > 1) whole += 1;
    [high, ascii] = [0, 0];
  };
  for (const byte of head) {
    if (byte >= 0x80) high += 1;
    else if ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)) ascii += 1;
    else end();
  }
  end();
  return { mixed, whole };
}

const decoded = (head: Uint8Array, encoding: TextEncoding): string | undefined => {
  try {
    // As a stream: the last letter may be cut.
    return new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
  } catch {
    return undefined;
  }
};

/** Of the letters beyond ASCII, those that are common; less where small letters stand before large ones, as no word has them. */
function likeness(text: string, common: RegExp): number {
  const letters = text.match(/[^\x00-\x7f]/g) ?? [];
  const odd = text.match(/\p{Ll}\p{Lu}/gu) ?? [];
  const known = letters.filter((letter) => common.test(letter)).length;
  return letters.length === 0 ? 0 : (known - odd.length * 2) / letters.length;
}

/** The ten commonest letters of Russian make up two thirds of its texts, those of other Cyrillic alphabets are mostly the same; and of Greek. */
const RUSSIAN = /[оеаинтсрвл]/i;
const ALPHABETS: readonly (readonly [TextEncoding, RegExp])[] = [
  ['windows-1251', RUSSIAN],
  ['koi8-r', RUSSIAN],
  ['ibm866', RUSSIAN],
  ['windows-1253', /[αάοόιίεέτσςνηήρ]/i],
];
/** Kana, and the kanji of level 1 of JIS X 0208, which begin with the bytes 0x88 to 0x98: those that are in use. */
const isJapanese = (text: string, head: Uint8Array): boolean => {
  let [common, all] = [0, 0];
  for (let at = 0; at < head.length; at += 1) {
    const lead = head[at] ?? 0;
    if (lead < 0x81 || (lead > 0x9f && lead < 0xe0)) continue;
    all += 1;
    if (lead <= 0x98) common += 1;
    at += 1;
  }
  // Quotation marks and dashes of Windows-1252 before a letter are kanji too, one at a time.
  const inWords = (text.match(/[\u3041-\u30fe\u4e00-\u9fff]{2,}/g) ?? []).join('').length;
  return common > all * 0.8 && inWords > all * 0.7;
};

/**
 * A slip here and there in what else is UTF-8: a cell that was cut within a letter, a line of another program. Letters of other encodings
 * make letters of UTF-8 by chance alone, and far fewer than bytes that are none.
 */
function isMostlyUtf8(head: Uint8Array): boolean {
  const letters = new TextDecoder().decode(head, { stream: true }).match(/[^\x00-\x7f]/gu) ?? [];
  const bad = letters.filter((letter) => letter === '\ufffd').length;
  return letters.length - bad > bad * 2;
}

/** undefined: bytes beyond ASCII in words of their own, in no encoding that could be told from others. */
export function guessEncoding(head: Uint8Array): TextEncoding | undefined {
  if (decoded(head, 'utf-8') !== undefined || isMostlyUtf8(head)) return 'utf-8';
  const { mixed, whole } = wordsIn(head);
  const japanese = decoded(head, 'shift_jis');
  if (japanese !== undefined && isJapanese(japanese, head)) return 'shift_jis';
  if (whole <= mixed * 4) return 'windows-1252';
  const [best] = ALPHABETS.map(([encoding, common]) => ({
    encoding,
    likeness: likeness(decoded(head, encoding) ?? '', common),
  })).toSorted((a, b) => b.likeness - a.likeness);
  return best !== undefined && best.likeness > 0.45 ? best.encoding : undefined;
}
