// Which of the code pages of Latin letters a text has: Windows-1252, 1250 (Polish, Czech, Hungarian) or 1254 (Turkish). They agree in most
// bytes, so a text is held against the alphabets of single languages, decoded as each language's page has it: a page other than the
// usual one is told only where one of its languages has nearly all the letters and none of 1252's does.
// (chardet and uchardet weigh pairs of letters by tables of some kilobytes for each language; a table's few words are too short for them.)
import type { TextEncoding } from './table-reading.ts';

interface Language {
  readonly encoding: TextEncoding;
  /** Letters beyond a to z that nearly every text of a few sentences has. */
  readonly common: string;
  readonly others: string;
}

const LANGUAGES: readonly Language[] = [
  { encoding: 'windows-1250', common: 'łęóążśćń', others: 'ź' }, // Polish
  { encoding: 'windows-1250', common: 'íáéěčřšžýů', others: 'úťďňó' }, // Czech
  { encoding: 'windows-1250', common: 'áíéčšžýľúť', others: 'ôďňäóĺŕ' }, // Slovak
  { encoding: 'windows-1250', common: 'áéöóőíü', others: 'úű' }, // Hungarian
  { encoding: 'windows-1250', common: 'čšž', others: 'ćđ' }, // Slovene, Croatian, Bosnian
  { encoding: 'windows-1250', common: 'ăşţîâ', others: '' }, // Romanian
  { encoding: 'windows-1254', common: 'ışğüöç', others: 'âîû' }, // Turkish
  { encoding: 'windows-1252', common: 'äöüß', others: 'éàè' }, // German
  { encoding: 'windows-1252', common: 'éèàêç', others: 'âçëïîôûùœæÿ' }, // French
  { encoding: 'windows-1252', common: 'áéíóñ', others: 'úü¿¡ºª' }, // Spanish
  { encoding: 'windows-1252', common: 'ãçáéíó', others: 'âàêôõúüºª' }, // Portuguese
  { encoding: 'windows-1252', common: 'àèìòù', others: 'éíóîº' }, // Italian
  { encoding: 'windows-1252', common: 'åäöæø', others: 'éüšž' }, // the Nordic languages
  { encoding: 'windows-1252', common: 'áðéíóúýþæö', others: '' }, // Icelandic
  { encoding: 'windows-1252', common: 'äõöü', others: 'šž' }, // Estonian
];

/** Letters are few in a small file: from so many on they tell. */
const LEAST_LETTERS = 10;

/** Of the letters beyond ASCII in words, how often each stands there. A sign of its own (µ, ª) is in no word. */
function lettersOf(head: Uint8Array, encoding: TextEncoding): ReadonlyMap<string, number> {
  const text = new TextDecoder(encoding).decode(head, { stream: true }).toLowerCase();
  const letters = new Map<string, number>();
  for (const [word] of text.matchAll(/\p{L}{2,}/gu))
    for (const letter of word) if (letter > '\x7f') letters.set(letter, (letters.get(letter) ?? 0) + 1);
  return letters;
}
const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);

/** undefined: nothing speaks for another page than Windows-1252. */
export function otherPage(head: Uint8Array): TextEncoding | undefined {
  const pages = new Map(
    [...new Set(LANGUAGES.map(({ encoding }) => encoding))].map(
      (encoding) => [encoding, lettersOf(head, encoding)] as const,
    ),
  );
  // What is a letter in one page may be a sign in another: ł is ³.
  const most = Math.max(...[...pages.values()].map((letters) => sum(letters.values())));
  if (most < LEAST_LETTERS) return undefined;
  let [best, bestShare, usualShare]: [TextEncoding | undefined, number, number] = [undefined, 0, 0];
  for (const { encoding, common, others } of LANGUAGES) {
    const letters = pages.get(encoding) ?? new Map<string, number>();
    const alphabet = common + others;
    const known = sum([...letters].map(([letter, count]) => (alphabet.includes(letter) ? count : 0)));
    if (encoding === 'windows-1252') usualShare = Math.max(usualShare, known / most);
    // A list of names from many countries has some of the letters of each.
    else if ([...common].filter((letter) => letters.has(letter)).length * 2 > common.length) {
      const share = known / sum(letters.values());
      if (share > bestShare) [best, bestShare] = [encoding, share];
    }
  }
  return bestShare > 0.97 && usualShare < bestShare - 0.05 ? best : undefined;
}
