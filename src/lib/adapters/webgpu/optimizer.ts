// The optimisers as WGSL: where a gradient is made, it is applied. No gradient lies anywhere, and no pass over the parameters
// follows a step. The arithmetic is core's (core/model/optimizer.ts), in f32.
import { momentRule, momentumOf } from '../../core/model/optimizer.ts';
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
  const rule = momentRule(optimizer);
  if (rule !== undefined) {
    const { beta1, beta2, epsilon } = rule;
    lines.push(
      `let other = ${say(parameterCount)} + at;`,
      // 1 − β is given: in f32, 1 − 0.999 is off by 1.3e-5 of itself.
      `let first = f32(${beta1}) * moments[at] + f32(${1 - beta1}) * gradient;`,
      `let second = f32(${beta2}) * moments[other] + f32(${1 - beta2}) * gradient * gradient;`,
      'moments[at] = first;',
      `moments[other] = second;`,
      `let change = ${rate} * first / (sqrt(second / ${recordNumber('secondCorrection')}) + ${epsilon}f);`,
      `parameters[at] = ${recordNumber('keep')} * parameters[at] - change;`,
    );
  } else if (momentumOf(optimizer) > 0)
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
