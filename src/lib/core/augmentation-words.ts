// How pictures are varied while a model learns from them, in words.
import type { Augmentation } from './model/spec.ts';

const percent = (share: number): string => `${Number((share * 100).toFixed(1))}\u202f%`;

/** "half of them mirrored, moved by up to 12.5 % of a side" */
export const augmentationWords = ({ flip, shift, turn, light, cutout }: Augmentation): string =>
  [
    flip ? 'half of them mirrored' : '',
    shift > 0 ? `moved by up to ${percent(shift)} of a side` : '',
    turn > 0 ? `turned by up to ${turn}°` : '',
    light > 0 ? `brightness and contrast changed by up to ${percent(light)}` : '',
    cutout > 0 ? `a square of ${percent(cutout)} of a side covered` : '',
  ]
    .filter((one) => one !== '')
    .join(', ');
