// k nearest neighbours (Cover & Hart 1967) by the Euclidean distance of encoded rows. Ties of distance go to the row that was
// first, ties of votes to the class that is first in the contract.
import { random } from '../random.ts';
import { selectRows } from '../data/examples.ts';
import {
  featuresOf,
  optionOf,
  outputsOf,
  taskOf,
  unitOf,
  type Learner,
  type Learning,
  type Lesson,
} from './learner.ts';

export const nearestNeighbours: Learner = {
  name: 'k-nn',
  title: 'Nearest neighbours',
  description:
    'Asks the rows that are most alike: needs no training, and shows whether likeness says anything.',
  options: [
    {
      name: 'k',
      title: 'Neighbours',
      hint: 'How many are asked',
      default: 15,
      minimum: 1,
      maximum: 1000,
      isWhole: true,
    },
    {
      name: 'rows',
      title: 'Rows kept at most',
      hint: 'Drawn by the seed where there are more: each prediction looks at all of them',
      default: 4000,
      minimum: 1,
      maximum: 1_000_000,
      isWhole: true,
    },
  ],
  unsuited: () => undefined,
  learn,
};

function* learn({ contract, rows, options, seed }: Lesson): Learning {
  const task = taskOf(contract);
  const outputs = outputsOf(task);
  const most = optionOf(options, 'rows');
  const kept = rows.count <= most ? rows : selectRows(rows, drawn(rows.count, most, seed));
  const size = featuresOf(kept);
  const k = Math.min(optionOf(options, 'k'), kept.count);
  const { features, targets } = kept;
  const unit = unitOf(features);
  yield 1;
  return {
    learnt: [features, targets, Int32Array.of(k)],
    predict(asked, count) {
      const answers = new Float64Array(count * outputs);
      const distances = new Float64Array(k);
      const nearest = new Int32Array(k);
      const askedUnit = unitOf(asked);
      const own = new Float64Array(size);
      for (let row = 0; row < count; row += 1) {
        for (let i = 0; i < size; i += 1) own[i] = asked[row * size + i]! * askedUnit;
        let found = 0;
        for (let other = 0; other < kept.count; other += 1) {
          const limit = found < k ? Infinity : distances[k - 1]!;
          const distance = distanceWithin(own, features, other * size, size, unit, limit);
          if (distance >= limit) continue;
          let at = found < k ? found : k - 1;
          while (at > 0 && distances[at - 1]! > distance) {
            distances[at] = distances[at - 1]!;
            nearest[at] = nearest[at - 1]!;
            at -= 1;
          }
          distances[at] = distance;
          nearest[at] = other;
          if (found < k) found += 1;
        }
        for (let i = 0; i < found; i += 1) {
          const target = targets[nearest[i]!]!;
          // One more vote for each class (Laplace's rule): no class is ever said to be impossible by k rows.
          if (task.type === 'classes') answers[row * outputs + target]! += 1 / (found + outputs);
          else answers[row]! += target / found;
        }
        if (task.type === 'classes')
          for (let i = 0; i < outputs; i += 1) answers[row * outputs + i]! += 1 / (found + outputs);
      }
      return answers;
    },
  };
}

/** ‖own − row‖², or something not below `limit` as soon as it is not. */
function distanceWithin(
  own: Float64Array,
  features: Uint8Array | Float32Array,
  at: number,
  size: number,
  unit: number,
  limit: number,
): number {
  let sum = 0;
  for (let i = 0; i < size;) {
    const end = Math.min(size, i + 16);
    for (; i < end; i += 1) {
      const difference = own[i]! - features[at + i]! * unit;
      sum += difference * difference;
    }
    if (sum >= limit) return sum;
  }
  return sum;
}

/** `wanted` of `count` row numbers, ascending. */
function drawn(count: number, wanted: number, seed: number): Uint32Array {
  const all = random(seed, 'neighbours').shuffle(Uint32Array.from({ length: count }, (_, row) => row));
  return all.subarray(0, wanted).toSorted();
}
