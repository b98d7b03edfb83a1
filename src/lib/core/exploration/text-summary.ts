// What a column of prose is like: how long its texts are, which words they hold, how many are alike.
import { COMMON, forgetRare, wordsOf } from '../recipe/words-of.ts';
import type { Duplicates } from './duplicates.ts';
import { nearDuplicates } from './near-duplicates.ts';
import { summariseNumbers, type NumberSummary } from './number-summary.ts';

export interface TextSummary {
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** Of the words of each text; undefined where no text holds one. */
  readonly words: NumberSummary | undefined;
  /** Words that most texts hold, those left out that more than COMMON of them do: they are of the language, not of the matter. */
  readonly top: readonly { readonly word: string; readonly texts: number }[];
  /** Different words in all texts together. */
  readonly vocabulary: number;
  readonly alike: Duplicates;
}

const TOP = 12;
/** Words that are counted at a time; beyond, those met once are forgotten. */
const MOST_COUNTED = 500_000;

/** `codes` [rows], numbers in `labels`, −1 where missing. */
export function summariseTexts(codes: Int32Array, labels: readonly string[]): TextSummary {
  const lengths = new Float64Array(labels.length);
  const rows = new Uint32Array(labels.length);
  let missing = 0;
  for (let row = 0; row < codes.length; row += 1) {
    const code = codes[row]!;
    if (code < 0) missing += 1;
    else rows[code]! += 1;
  }
  const texts = new Map<string, number>();
  let forgotten = 0;
  for (const [code, label] of labels.entries()) {
    const words = wordsOf(label);
    lengths[code] = words.length;
    for (const word of new Set(words)) texts.set(word, (texts.get(word) ?? 0) + rows[code]!);
    if (texts.size > MOST_COUNTED) forgotten += forgetRare(texts, MOST_COUNTED);
  }
  const count = codes.length - missing;
  const cells = Array.from(codes, (code) => labels[code] ?? '');
  return {
    count,
    missing,
    distinct: rows.reduce((sum, own) => sum + Number(own > 0), 0),
    words: summariseNumbers(Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : lengths[code]!))),
    top: [...texts]
      .filter(([word, held]) => word.length > 1 && held <= COMMON * count)
      .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, TOP)
      .map(([word, held]) => ({ word, texts: held })),
    vocabulary: texts.size + forgotten,
    alike: nearDuplicates(cells),
  };
}
