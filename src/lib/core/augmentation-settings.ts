// The settings by which pictures are varied (augmentation.ts), as numbers: in the workbench and on a command line.
import type { StrategyIssue } from './aggregation/check-strategy.ts';
import { thingOf } from './data/example-words.ts';
import type { FederationSpec } from './federation.ts';
import type { Augmentation } from './model/spec.ts';
import { parseOptions, type NumberOption, type OptionValues, type SpecProblem } from './named-options.ts';
import { ok, type Result } from './result.ts';

export const augmentationOptions = [
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
] as const satisfies readonly NumberOption[];

/** undefined: nothing is varied. */
export function augmentationOf(options: OptionValues): Augmentation | undefined {
  const [flip = 0, shift = 0, turn = 0, light = 0, cutout = 0] = augmentationOptions.map(
    ({ name }) => options[name],
  );
  return flip + shift + turn + light + cutout === 0
    ? undefined
    : { flip: flip === 1, shift, turn, light, cutout };
}

/** `flip=1,shift=0.125`, of a flag of this name; undefined: nothing is varied. */
export function parseAugmentation(text: string, flag: string): Result<Augmentation | undefined, SpecProblem> {
  const read = parseOptions(text, { name: flag, title: flag, options: augmentationOptions });
  return read.ok ? ok(augmentationOf(read.value)) : read;
}

/** Read by the server before anything is made of a spec. */
export function checkAugmentation({
  contract,
  plan: { augmentation },
}: Pick<FederationSpec, 'contract' | 'plan'>): readonly StrategyIssue[] {
  const path = 'plan.augmentation';
  if (augmentation === undefined) return [];
  if (contract.kind !== 'image') {
    const message = `Pictures can be mirrored, moved, turned, lit otherwise and covered, and ${thingOf(contract)}s cannot: leave ${path} away.`;
    return [{ path, message }];
  }
  if (Object.values(augmentation).some((one) => one !== false && one !== 0)) return [];
  return [{ path, message: `These settings vary nothing: set one of them, or leave ${path} away.` }];
}
