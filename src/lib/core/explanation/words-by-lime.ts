// LIME over the words of one text (Ribeiro, Singh & Guestrin 2016, §3.4): words are left out at random, the model is asked what it says of what
// remains, and a line over which words are there is fitted, near texts counting more. Kernel and draws as in the authors' code: the
// distance is the cosine between what is kept and the whole, times 100; the width 25.
import { solvePositive } from '../learners/cholesky.ts';
import { random } from '../random.ts';
import type { ColumnPlace, ScoreRows } from './black-box.ts';
import { largestFirst } from './line-effects.ts';

export interface WordEffect {
  readonly term: string;
  readonly effect: number;
}

export interface WordsByLime {
  /** The largest first, whichever way it moves. */
  readonly words: readonly WordEffect[];
  /** Share of the weighed variance of the drawn scores that the line explains. */
  readonly fidelity: number;
}

/** More words would need more draws than there is patience for: the weightiest are asked about. */
const MOST_WORDS = 120;
const SAMPLES = 600;
const WIDTH = 25;
const RIDGE = 1;

export interface LimeText {
  /** Where the text's pairs lie in the row. */
  readonly place: ColumnPlace;
  readonly terms: readonly string[];
  readonly seed: number;
}

/** `row` [F]. A text with words left out has the length of the whole, as any text has. */
export function wordsByLime(
  score: ScoreRows,
  row: Float32Array,
  { place, terms, seed }: LimeText,
): WordsByLime {
  const held: number[] = [];
  for (let at = place.from; at < place.to; at += 2) if (row[at + 1] !== 0) held.push(at);
  const asked = held.toSorted((a, b) => row[b + 1]! - row[a + 1]! || a - b).slice(0, MOST_WORDS);
  const n = asked.length;
  if (n === 0) return { words: [], fidelity: 1 };
  const length = Math.hypot(...held.map((at) => row[at + 1]!));
  const draw = random(seed, 'lime-words');
  const size = row.length;
  const rows = new Float32Array(SAMPLES * size);
  const kept = new Uint8Array(SAMPLES * n);
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const own = rows.subarray(sample * size, (sample + 1) * size);
    own.set(row);
    // The first draw is the text itself; of the others as many words go as is drawn, each number of them alike.
    const order = draw.shuffle(Uint32Array.from({ length: n }, (_, at) => at));
    const gone = sample === 0 ? 0 : 1 + draw.below(n);
    for (let at = 0; at < n; at += 1)
      if (at < gone) own.fill(0, asked[order[at]!]!, asked[order[at]!]! + 2);
      else kept[sample * n + order[at]!] = 1;
    let squares = 0;
    for (const at of held) squares += own[at + 1]! ** 2;
    if (squares > 0) for (const at of held) own[at + 1]! *= length / Math.sqrt(squares);
  }
  const scores = score(rows, SAMPLES);
  const near = Float64Array.from({ length: SAMPLES }, (_, sample) => {
    let left = 0;
    for (let at = 0; at < n; at += 1) left += kept[sample * n + at]!;
    const distance = 100 * (1 - Math.sqrt(left / n));
    return Math.sqrt(Math.exp(-(distance ** 2) / WIDTH ** 2));
  });
  return fitted(
    scores,
    near,
    kept,
    asked.map((at) => terms[row[at]!] ?? ''),
  );
}

function fitted(
  scores: Float64Array,
  near: Float64Array,
  kept: Uint8Array,
  terms: readonly string[],
): WordsByLime {
  const n = terms.length;
  const total = near.reduce((sum, one) => sum + one, 0);
  const mean = near.reduce((sum, one, at) => sum + one * scores[at]!, 0) / total;
  const means = new Float64Array(n);
  for (let sample = 0; sample < near.length; sample += 1)
    for (let i = 0; i < n; i += 1) means[i]! += (near[sample]! * kept[sample * n + i]!) / total;
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  const own = new Float64Array(n);
  for (let sample = 0; sample < near.length; sample += 1) {
    for (let i = 0; i < n; i += 1) own[i] = kept[sample * n + i]! - means[i]!;
    for (let i = 0; i < n; i += 1) {
      right[i]! += near[sample]! * own[i]! * (scores[sample]! - mean);
      for (let j = 0; j <= i; j += 1) matrix[i * n + j]! += near[sample]! * own[i]! * own[j]!;
    }
  }
  for (let i = 0; i < n; i += 1) matrix[i * n + i]! += RIDGE;
  const weights = solvePositive(matrix, right) ?? new Float64Array(n);
  let left = 0;
  let all = 0;
  for (let sample = 0; sample < near.length; sample += 1) {
    let line = mean;
    for (let i = 0; i < n; i += 1) line += weights[i]! * (kept[sample * n + i]! - means[i]!);
    left += near[sample]! * (scores[sample]! - line) ** 2;
    all += near[sample]! * (scores[sample]! - mean) ** 2;
  }
  return {
    words: largestFirst(terms.map((term, at) => ({ term, effect: weights[at]! }))),
    fidelity: all > 0 ? 1 - left / all : 1,
  };
}
