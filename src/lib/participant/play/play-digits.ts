// The digits of the playground: drawn as the sample is (modalities/image), halved to 14 × 14 so that a small network trains in
// plain loops many times a second, and dealt to participants with a skew.
import { partition } from '../../core/data/partition.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import { random } from '../../core/random.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { drawnDigits } from '../../modalities/image/sample-drawn-digits.ts';

const SIDE = 28;
export const PLAY_SIDE = SIDE / 2;
export const PLAY_CLASSES = 10;

export interface PlayDigits {
  /** Of 30 hands; dealt to the participants. */
  readonly train: Examples;
  /** Of 10 other hands, whom no participant has: the accuracy is of these. */
  readonly test: Examples;
  /** Of 5 more: what a coordinator who has rows of its own would train on. */
  readonly root: Examples;
}

/** About 0.1 s. */
export function playDigits(seed: number): PlayDigits {
  const draw = random(seed, 'play', 'hands');
  const hands = (count: number, each: number): Examples =>
    halved(Array.from({ length: count }, () => [...drawnDigits(draw.below(4294967296), each)]).flat());
  return { train: hands(30, 50), test: hands(10, 30), root: hands(5, 20) };
}

/** Each pixel the mean of four. Rows are never stored or deduplicated here: their hashes are left at 0. */
function halved(digits: readonly { readonly pixels: Uint8Array; readonly digit: number }[]): Examples {
  const size = PLAY_SIDE * PLAY_SIDE;
  const features = new Uint8Array(digits.length * size);
  for (const [row, { pixels }] of digits.entries())
    for (let y = 0; y < PLAY_SIDE; y += 1)
      for (let x = 0; x < PLAY_SIDE; x += 1) {
        const at = 2 * y * SIDE + 2 * x;
        const sum = pixels[at]! + pixels[at + 1]! + pixels[at + SIDE]! + pixels[at + SIDE + 1]!;
        features[row * size + y * PLAY_SIDE + x] = Math.round(sum / 4);
      }
  return {
    count: digits.length,
    features,
    targets: Int32Array.from(digits, ({ digit }) => digit),
    hashes: new Uint32Array(2 * digits.length),
  };
}

/** Equally many rows for each, their digits by a draw from Dirichlet(α) (Hsu, Qi & Brown 2019); or why it cannot be. */
export function dealt(
  rows: Examples,
  participants: number,
  concentration: number,
  seed: number,
): Result<readonly Examples[], string> {
  const parts = partition(rows, participants, { type: 'dirichlet-participant', concentration }, seed);
  if (!parts.ok) return fail(parts.error.message);
  return ok(parts.value.map((indices) => selectExamples(rows, indices)));
}
