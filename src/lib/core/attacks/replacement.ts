// A backdoor by model replacement. Before training some rows get a trigger and the attacker's class; afterwards the delta is
// enlarged so that the mean of the round becomes the attacker's model X: γ(X − w) + w, here γ · (X − w) as a delta.
// Bagdasaryan, Veit, Hua, Estrin & Shmatikov 2020, "How To Backdoor Federated Learning", equation 3: γ = n / η. f attackers who
// report alike share it: γ = n / (η f).
// The trigger of images: a bright square in the corner (Gu, Dolan-Gavitt & Garg 2017, "BadNets", §4). Of tables: one feature
// at a fixed value.
import { exampleSize, type Examples } from '../data/examples.ts';
import type { NumberOption } from '../named-options.ts';
import type { Tally } from '../metrics/tally.ts';
import { fail, ok, type Result } from '../result.ts';
import { optionOf, type AttackProblem, type RowsAndDeltaAttack, type RowsSetting } from './attack.ts';

const whole = (name: string, title: string, hint: string, value: number, maximum: number): NumberOption => ({
  name,
  title,
  hint,
  default: value,
  minimum: 0,
  maximum,
  isWhole: true,
});

/**
 * A copy of `rows` in which each carries the trigger: for images the last `patch` rows and columns of every channel at their
 * brightest; for tables feature `feature` at `value`, as encoded. Targets stay. With all test rows so, the share that a model puts
 * into class `target` is the attack's success.
 */
export function withTrigger(rows: Examples, setting: RowsSetting): Result<Examples, AttackProblem> {
  const places = triggerPlaces(setting);
  if (!places.ok) return places;
  const features = rows.features.slice();
  for (let row = 0; row < rows.count; row += 1)
    mark(features, row * exampleSize(rows), places.value, setting);
  return ok({ ...rows, features });
}

/**
 * How far the backdoor is open: of rows with the trigger that belong to other classes, the share that `tally` has in class
 * `target`; undefined where it has none of these.
 */
export function backdoorSuccess(tally: Tally, target: number): number | undefined {
  if (tally.type !== 'classification') return undefined;
  const classes = Math.sqrt(tally.confusion.length);
  let rows = 0;
  let led = 0;
  for (const [cell, count] of tally.confusion.entries()) {
    if (Math.floor(cell / classes) === target) continue;
    rows += count;
    if (cell % classes === target) led += count;
  }
  return rows === 0 ? undefined : led / rows;
}

/** Offsets within one example that the trigger sets. */
function triggerPlaces(setting: RowsSetting): Result<readonly number[], AttackProblem> {
  const [height = 0, width, channels = 1] = setting.exampleShape;
  if (width === undefined) {
    const feature = optionOf(setting, 'feature');
    if (feature < height) return ok([feature]);
    return fail({
      kind: 'no-such-feature',
      message: `Feature ${feature} is none of 0 … ${height - 1}. Choose one of these.`,
    });
  }
  const patch = optionOf(setting, 'patch');
  if (patch > Math.min(height, width))
    return fail({
      kind: 'patch-too-large',
      message: `A patch of ${patch} × ${patch} pixels does not fit an image of ${height} × ${width}. Choose a smaller one.`,
    });
  const places: number[] = [];
  for (let y = height - patch; y < height; y += 1)
    for (let x = width - patch; x < width; x += 1)
      for (let channel = 0; channel < channels; channel += 1)
        places.push((y * width + x) * channels + channel);
  return ok(places);
}

function mark(
  features: Uint8Array | Float32Array,
  from: number,
  places: readonly number[],
  setting: RowsSetting,
): void {
  const brightest = features instanceof Uint8Array ? 255 : 1;
  const value = setting.exampleShape.length === 1 ? optionOf(setting, 'value') : brightest;
  for (const place of places) features[from + place] = value;
}

export const replacement: RowsAndDeltaAttack = {
  name: 'replacement',
  title: 'Model replacement',
  description:
    'Teaches a backdoor: rows with a trigger belong to the attacker’s class, and its update is enlarged to prevail.',
  paper: 'Bagdasaryan et al. 2020, equation 3',
  acts: 'on-rows-and-own-delta',
  options: [
    {
      name: 'scale',
      title: 'Scale γ',
      hint: 'How many times its own length; 0: as many as replace the model, n / (η f).',
      default: 0,
      minimum: 0,
      maximum: 1e6,
    },
    whole('target', 'Target class', 'The class, from 0, that rows with the trigger shall be given.', 0, 99),
    {
      name: 'share',
      title: 'Poisoned share',
      hint: 'The share of its rows that get the trigger; the others keep the model useful.',
      default: 0.5,
      minimum: 0,
      maximum: 1,
    },
    { ...whole('patch', 'Patch', 'Images: the side of the square, in pixels.', 3, 1024), minimum: 1 },
    whole(
      'feature',
      'Feature',
      'Tables: the place, from 0, of the encoded feature that is the trigger.',
      0,
      1e6,
    ),
    {
      name: 'value',
      title: 'Trigger value',
      hint: 'Tables: what that feature is set to; 5 is five standard deviations above the mean.',
      default: 5,
      minimum: -1e6,
      maximum: 1e6,
    },
  ],
  poison(rows, setting) {
    const { classes, draw } = setting;
    const { targets } = rows;
    if (classes === undefined || !(targets instanceof Int32Array))
      return fail({
        kind: 'needs-classes',
        message: 'A backdoor leads to a class; this target is a number.',
      });
    const target = optionOf(setting, 'target');
    if (target >= classes)
      return fail({
        kind: 'no-such-class',
        message: `Class ${target} is none of 0 … ${classes - 1}. Choose one of these.`,
      });
    const places = triggerPlaces(setting);
    if (!places.ok) return places;
    const order = draw.shuffle(Uint32Array.from({ length: rows.count }, (_, row) => row));
    const poisoned = { features: rows.features.slice(), targets: targets.slice() };
    for (const row of order.subarray(0, Math.round(optionOf(setting, 'share') * rows.count))) {
      mark(poisoned.features, row * exampleSize(rows), places.value, setting);
      poisoned.targets[row] = target;
    }
    return ok({ ...rows, ...poisoned });
  },
  craft(own, setting) {
    const scale = optionOf(setting, 'scale');
    const gamma = scale === 0 ? setting.cohort / (setting.serverLearningRate * setting.hostile) : scale;
    return Float32Array.from(own, (value) => gamma * value);
  },
};
