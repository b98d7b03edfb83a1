// Which example a person is asked about next: at random, or where the model is least sure, so that few labels teach it most.
// Uncertainty sampling: Settles, "Active Learning Literature Survey" (University of Wisconsin TR 1648, 2009), §3.1.
import { random } from '../random.ts';

export type QueueOrder = 'random' | 'least-confidence' | 'margin' | 'entropy';

/**
 * How unsure a model is of each row, the more the higher. `shares` [rows, classes], each row's adding up to 1.
 * least-confidence: 1 − p(ŷ₁); margin: 1 − (p(ŷ₁) − p(ŷ₂)); entropy: −Σ p ln p, in nats.
 */
export function uncertainties(
  shares: ArrayLike<number>,
  classes: number,
  by: Exclude<QueueOrder, 'random'>,
): Float64Array<ArrayBuffer> {
  const measure = measures[by];
  const rows = classes === 0 ? 0 : shares.length / classes;
  return Float64Array.from({ length: rows }, (_, row) => measure(shares, row * classes, classes));
}

type Measure = (shares: ArrayLike<number>, from: number, classes: number) => number;

const measures: Readonly<Record<Exclude<QueueOrder, 'random'>, Measure>> = {
  'least-confidence': (shares, from, classes) => 1 - topTwo(shares, from, classes)[0],
  margin(shares, from, classes) {
    const [first, second] = topTwo(shares, from, classes);
    return 1 - (first - second);
  },
  entropy(shares, from, classes) {
    let sum = 0;
    for (let one = from; one < from + classes; one += 1) {
      const share = shares[one]!;
      // p ln p → 0 as p → 0.
      if (share > 0) sum -= share * Math.log(share);
    }
    return sum;
  },
};

function topTwo(shares: ArrayLike<number>, from: number, classes: number): readonly [number, number] {
  let first = 0;
  let second = 0;
  for (let one = from; one < from + classes; one += 1) {
    const share = shares[one]!;
    if (share > first) {
      second = first;
      first = share;
    } else if (share > second) second = share;
  }
  return [first, second];
}

/** The rows in an order that the seed decides. */
export function inRandomOrder(rows: ArrayLike<number>, seed: number): Uint32Array<ArrayBuffer> {
  return random(seed, 'labelling').shuffle(Uint32Array.from(rows));
}

/** `rows` by falling uncertainty; those of which the model is equally sure as they stand. */
export function mostUncertainFirst(
  rows: ArrayLike<number>,
  uncertainty: ArrayLike<number>,
): Uint32Array<ArrayBuffer> {
  const places = Array.from({ length: rows.length }, (_, place) => place);
  places.sort((a, b) => uncertainty[b]! - uncertainty[a]! || a - b);
  return Uint32Array.from(places, (place) => rows[place]!);
}

/** Of the most uncertain, so many times as many as are wanted are looked at for difference. */
const CANDIDATES = 4;

/**
 * The first `most` of an order, spread out: twins of which a model is equally unsure teach it one thing. Among the `4 · most` rows in
 * front, the first, then always the one farthest from all that were taken (k-centre by Gonzalez 1985; Sener & Savarese 2018).
 * `features` [rows of the order, size], in the order's own places. The rest follows as it was.
 */
export function spreadOut(
  order: Uint32Array,
  features: (place: number) => ArrayLike<number>,
  most: number,
): Uint32Array<ArrayBuffer> {
  const candidates = Math.min(order.length, most * CANDIDATES);
  const nearest = new Float64Array(candidates).fill(Infinity);
  const taken: number[] = [];
  const isTaken = new Uint8Array(candidates);
  for (let next = 0; taken.length < Math.min(most, candidates);) {
    taken.push(next);
    isTaken[next] = 1;
    const own = features(next);
    let farthest = -1;
    for (let place = 0; place < candidates; place += 1) {
      if (isTaken[place] === 1) continue;
      nearest[place] = Math.min(nearest[place]!, squaredDistance(own, features(place)));
      if (farthest < 0 || nearest[place]! > nearest[farthest]!) farthest = place;
    }
    next = farthest;
  }
  const rest = Array.from({ length: order.length }, (_, place) => place).filter(
    (place) => place >= candidates || isTaken[place] === 0,
  );
  return Uint32Array.from([...taken, ...rest], (place) => order[place]!);
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
