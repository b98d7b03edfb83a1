// k-means of rows that lie on one device: centres spread out by k-means++ (Arthur & Vassilvitskii 2007), several times, each brought to
// rest, and the start of least inertia kept. How many groups, where nobody says so, is what has the best mean silhouette among 2 to 10.
import { spreadOut } from '../clustering/seeding.ts';
import { optionOf } from '../learners/learner.ts';
import { random } from '../random.ts';
import {
  pointsAt,
  type Assigner,
  type Grouper,
  type GroupingTask,
  type GroupPoints,
  type Tried,
} from './grouper.ts';
import { lloyd, nearestOf, type Rested } from './lloyd.ts';
import { drawnRows, meanSilhouette } from './silhouette.ts';

/** Tried where nobody says how many. */
const FEWEST = 2;
const MOST_TRIED = 10;
/** Of more rows the starts are compared on a sample of so many, and the best goes on with all (Bradley & Fayyad 1998). */
export const MOST_RESTARTED = 5000;
/** scikit-learn's. */
const TOLERANCE = 1e-4;

export const kMeans: Grouper = {
  name: 'k-means',
  title: 'k-means',
  description: 'Groups of about the same width round a centre each: every row belongs to the nearest.',
  options: [
    {
      name: 'k',
      title: 'Groups',
      hint: '0: the number among 2 to 10 with the best silhouette',
      default: 0,
      minimum: 0,
      maximum: 100,
      isWhole: true,
    },
    {
      name: 'restarts',
      title: 'Restarts',
      hint: `Starts that are compared; of more than ${MOST_RESTARTED} rows, on so many of them`,
      default: 10,
      minimum: 1,
      maximum: 100,
      isWhole: true,
    },
    {
      name: 'iterations',
      title: 'Iterations at most',
      hint: 'Of one start',
      default: 300,
      minimum: 1,
      maximum: 10_000,
      isWhole: true,
    },
  ],
  unsuited({ count, distinct }, options) {
    const k = optionOf(options, 'k');
    if (k === 1) return 'one group is all rows. Ask for 2 or more, or for 0: then their number is chosen.';
    if (count < 3) return `there are ${count} rows, and groups need 3 at least.`;
    if (distinct < 2) return 'every row is the same in the columns that are used.';
    if (k > count - 1) return `${k} groups are asked for, of ${count} rows. Ask for ${count - 1} at most.`;
    if (k > distinct)
      return `${k} groups are asked for, and only ${distinct} rows differ from one another. Ask for ${distinct} at most.`;
    return undefined;
  },
  *group(task) {
    const { points, sample, options, distinct } = task;
    const given = optionOf(options, 'k');
    const numbers = given > 0 ? [given] : possible(points.count, distinct);
    const tried: Tried[] = [];
    let best: { readonly k: number; readonly rested: Rested; readonly silhouette: number } | undefined;
    for (const [at, k] of numbers.entries()) {
      const restarts = bestOfStarts(task, k);
      for (;;) {
        const step = restarts.next();
        if (step.done !== true) {
          yield (at + step.value) / numbers.length;
          continue;
        }
        const rested = step.value;
        const silhouette = given > 0 ? 0 : meanSilhouette(sample, rested.nearest, k);
        if (given === 0) tried.push({ groups: k, inertia: rested.inertia, silhouette });
        // Of equally good numbers the smallest.
        if (best === undefined || silhouette > best.silhouette) best = { k, rested, silhouette };
        break;
      }
    }
    if (best === undefined) throw new Error('Rows that cannot be grouped were not refused.');
    const centres = largestFirst(best.rested, points.size);
    const assigner = nearestCentre(centres);
    return { ...assigner, groupOf: assigner.assign(points), groups: best.k, tried };
  },
  revive([centres], size) {
    if (!(centres instanceof Float64Array) || size === 0 || centres.length === 0) return undefined;
    return centres.length % size === 0
      ? { ...nearestCentre(Float64Array.from(centres)), groups: centres.length / size }
      : undefined;
  },
};

function possible(count: number, distinct: number): number[] {
  const most = Math.max(FEWEST, Math.min(MOST_TRIED, distinct, count - 1));
  return Array.from({ length: most - FEWEST + 1 }, (_, at) => FEWEST + at);
}

/** Yields the share of the starts that are at rest. */
function* bestOfStarts(
  { points, options, seed }: GroupingTask,
  k: number,
): Generator<number, Rested, undefined> {
  const restarts = optionOf(options, 'restarts');
  const settings = { iterations: optionOf(options, 'iterations'), tolerance: TOLERANCE };
  const isMany = points.count > MOST_RESTARTED;
  const own = isMany ? pointsAt(points, drawnRows(points.count, MOST_RESTARTED, seed, 'starts')) : points;
  let best: Rested | undefined;
  for (let start = 0; start < restarts; start += 1) {
    const rested = yield* told(
      lloyd(own, startOf(own, k, seed, start), settings),
      start / (restarts + Number(isMany)),
    );
    if (best === undefined || rested.inertia < best.inertia) best = rested;
  }
  if (best === undefined) throw new Error('There is one start at least.');
  return isMany ? yield* told(lloyd(points, best.centres, settings), restarts / (restarts + 1)) : best;
}

function* told(
  steps: Generator<undefined, Rested, undefined>,
  share: number,
): Generator<number, Rested, undefined> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield share;
  }
}

/** Rows far from each other; a sample in which fewer than `k` differ has some of them twice, and Lloyd mends it with all rows. */
function startOf(points: GroupPoints, k: number, seed: number, start: number): Float64Array {
  const chosen = spreadOut(points, () => 1, k, random(seed, 'k-means', k, start));
  const rows = Array.from({ length: k }, (_, at) => chosen[at % chosen.length]!);
  return Float64Array.from(pointsAt(points, rows).values);
}

/** The centre of most rows first; of as many, that which was first. */
function largestFirst({ centres, nearest }: Rested, size: number): Float64Array<ArrayBuffer> {
  const rows = new Uint32Array(centres.length / size);
  for (const own of nearest) rows[own]! += 1;
  const order = [...rows.keys()].sort((a, b) => rows[b]! - rows[a]! || a - b);
  return Float64Array.from(order.flatMap((own) => [...centres.subarray(own * size, (own + 1) * size)]));
}

const nearestCentre = (centres: Float64Array<ArrayBuffer>): Assigner => ({
  learnt: [centres],
  assign: (points) => nearestOf(points, centres).nearest,
});
