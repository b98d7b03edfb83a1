// A few of the pictures to learn from as epochs would show them: the very pixels that training is given.
import { augmentedAt, type Variant } from '../../core/augmentation.ts';
import { classLabels, exampleShape } from '../../core/data/contract.ts';
import { exampleSize } from '../../core/data/examples.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { BenchData } from './bench-data.ts';
import { planOf, unsuitedFor, type ChosenModel } from './models.ts';
import { spreadPlaces } from '../spread-rows.ts';

/** Enough to see what a setting does. */
export const PICTURES_SHOWN = 4;
export const EPOCHS_SHOWN = 4;

export interface VariedPictures {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Of the whole training, which may be fewer than are shown. */
  readonly epochs: number;
  readonly pictures: readonly VariedPicture[];
}
export interface VariedPicture {
  /** Of the dataset, from 1. */
  readonly place: number;
  readonly label: string;
  /** [height, width, channels], as it is. */
  readonly pixels: Uint8Array;
  /** By epoch, from the first. */
  readonly shown: readonly { readonly pixels: Uint8Array; readonly variant: Variant }[];
}

/** Refused in a sentence where these settings vary nothing, or cannot. */
export function variedPictures(
  { model, options }: ChosenModel,
  data: Pick<BenchData, 'contract' | 'training' | 'trainingPlace'>,
  seed: number,
): Result<VariedPictures, string> {
  const { contract, training } = data;
  const unsuited = unsuitedFor({ model, options }, contract);
  if (unsuited !== undefined) return fail(`${model.title} does not suit these data: ${unsuited}`);
  const { augmentation, localEpochs } = planOf(options, seed);
  const { features } = training;
  if (augmentation === undefined || contract.kind !== 'image' || !(features instanceof Uint8Array))
    return fail('These settings vary no pictures.');
  const { height, width, channels } = contract;
  const size = exampleSize(training);
  const places = spreadPlaces(training.count, Math.min(training.count, PICTURES_SHOWN));
  const epochs = Array.from({ length: EPOCHS_SHOWN }, (_, epoch) =>
    augmentedAt({ features }, exampleShape(contract), augmentation, seed, epoch, places),
  );
  const labels = classLabels(contract) ?? [];
  return ok({
    height,
    width,
    channels,
    epochs: localEpochs,
    pictures: places.map((place, at) => ({
      place: data.trainingPlace(place),
      label: labels[training.targets[place] ?? 0] ?? '',
      pixels: features.slice(place * size, (place + 1) * size),
      shown: epochs.map((epoch) => epoch[at]!),
    })),
  });
}
