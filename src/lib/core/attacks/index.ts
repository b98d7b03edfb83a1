// The attacks that a simulation can make, simplest first. Adding one: a file beside this one, and its line here.
import type * as v from 'valibot';
import { parseSpec, specSchema, type SpecProblem } from '../named-options.ts';
import type { Result } from '../result.ts';
import { alie } from './alie.ts';
import type { Attack } from './attack.ts';
import { gaussian } from './gaussian.ts';
import { ipm } from './ipm.ts';
import { labelFlip } from './label-flip.ts';
import { minMax } from './min-max.ts';
import { replacement } from './replacement.ts';
import { signFlip } from './sign-flip.ts';

export const attacks: readonly Attack[] = [labelFlip, signFlip, gaussian, replacement, alie, ipm, minMax];

export const attackNamed = (name: string): Attack | undefined => attacks.find((one) => one.name === name);

export const AttackSpec = specSchema(attacks);
export type AttackSpec = v.InferOutput<typeof AttackSpec>;

/** Reads `labelflip` or `signflip:scale=5`. */
export const parseAttack = (text: string): Result<AttackSpec, SpecProblem> =>
  parseSpec(text, attacks, 'attack');
