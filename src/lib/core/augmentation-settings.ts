// The settings by which pictures are varied (augmentation.ts), as numbers: in the workbench, on a command line and in the form of a
// federation.
import type { Augmentation } from './model/spec.ts';
import type { NumberOption, OptionValues } from './named-options.ts';

export const augmentationOptions: readonly NumberOption[] = [
  {
    name: 'flip',
    title: 'Mirror pictures',
    hint: '1: half of them, left to right, anew in each epoch; 0: none',
    default: 0,
    minimum: 0,
    maximum: 1,
    isWhole: true,
  },
  {
    name: 'shift',
    title: 'Move pictures',
    hint: 'By up to this share of a side, each way',
    default: 0,
    minimum: 0,
    maximum: 0.5,
  },
  {
    name: 'turn',
    title: 'Turn pictures',
    hint: 'By up to so many degrees, each way',
    default: 0,
    minimum: 0,
    maximum: 180,
  },
  {
    name: 'light',
    title: 'Change their light',
    hint: 'Brightness and contrast by up to this share, each way',
    default: 0,
    minimum: 0,
    maximum: 0.9,
  },
  {
    name: 'cutout',
    title: 'Cover a square',
    hint: 'Its side, as a share of the shorter side',
    default: 0,
    minimum: 0,
    maximum: 0.75,
  },
];

/** undefined: nothing is varied. */
export function augmentationOf(options: OptionValues): Augmentation | undefined {
  const [flip = 0, shift = 0, turn = 0, light = 0, cutout = 0] = augmentationOptions.map(
    ({ name }) => options[name],
  );
  return variesPictures(options) ? { flip: flip === 1, shift, turn, light, cutout } : undefined;
}

/** Whether any of these settings, as they are typed, varies pictures. */
export const variesPictures = (options: OptionValues): boolean =>
  augmentationOptions.some(({ name }) => (options[name] ?? 0) > 0);
