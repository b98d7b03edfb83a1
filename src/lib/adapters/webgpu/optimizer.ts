// The optimisers as WGSL: where a gradient is made, it is applied. No gradient lies anywhere, and no pass over the parameters
// follows a step. The arithmetic is core's (core/model/optimizer.ts), in f32.
import { ADAM } from '../../core/model/optimizer.ts';
import type { SessionPlan } from '../../ports/trainer.ts';
import { recordNumber } from './step-record.ts';
import type { Numbers } from './wgsl.ts';

export interface Optimizing {
  readonly optimizer: SessionPlan['optimizer'];
  readonly isProximal: boolean;
  readonly isCorrected: boolean;
  readonly parameterCount: number;
}

/** Declares `apply(at, given)`: one step of parameter `at` by its gradient. */
export function applying(
  { optimizer, isProximal, isCorrected, parameterCount }: Optimizing,
  { say }: Numbers,
): string {
  const rate = recordNumber('rate');
  const lines: string[] = [];
  if (isProximal) lines.push(`gradient += ${recordNumber('proximal')} * (parameters[at] - anchor[at]);`);
  if (isCorrected) lines.push('gradient += correction[at];');
  if (optimizer.type === 'adam') {
    const { beta1, beta2, epsilon } = ADAM;
    lines.push(
      `let other = ${say(parameterCount)} + at;`,
      // 1 − β is given: in f32, 1 − 0.999 is off by 1.3e-5 of itself.
      `let first = ${beta1}f * moments[at] + ${1 - beta1}f * gradient;`,
      `let second = ${beta2}f * moments[other] + ${1 - beta2}f * gradient * gradient;`,
      'moments[at] = first;',
      `moments[other] = second;`,
      `parameters[at] -= ${rate} * first / (sqrt(second / ${recordNumber('secondCorrection')}) + ${epsilon}f);`,
    );
  } else if (optimizer.momentum > 0)
    lines.push(
      `let velocity = ${recordNumber('momentum')} * moments[at] + gradient;`,
      'moments[at] = velocity;',
      `parameters[at] -= ${rate} * velocity;`,
    );
  else lines.push(`parameters[at] -= ${rate} * gradient;`);
  return `fn apply(at : u32, given : f32) {
var gradient = given;
${lines.join('\n')}
}`;
}
