// One step of training told to somebody who learns how it goes: what each phase does, with the numbers of this very step. Loaded when
// somebody asks for it.
import { momentumOf } from '../core/model/optimizer.ts';
import type { LayerView, StepPhase, StepView } from '../participant/step-view.ts';
import { count, counted, number, percent } from './format.ts';

/** Two or three sentences a phase, in the order of the step. */
export function stepWords(view: StepView): Readonly<Record<StepPhase, readonly string[]>> {
  return {
    forward: forwardWords(view),
    loss: lossWords(view),
    backward: backwardWords(view),
    optimizer: updateWords(view),
  };
}

function forwardWords({ batch, layers }: StepView): readonly string[] {
  const last = layers.at(-1);
  return [
    `${counted(batch, 'example')} of the batch ${batch === 1 ? 'goes' : 'go'} through ${counted(layers.length, 'layer')}, from the first to the last: each layer works on what the one before it gave.`,
    ...(last === undefined
      ? []
      : [
          `The last one, ${last.name}, gives [${last.outputShape.join(', ')}]: the batch first, then what is said of each example.`,
        ]),
    `The ${counted(parametersOf(layers), 'parameter')} are only read. What each layer gave is kept, since the backward phase needs it.`,
  ];
}

function lossWords({ loss, rule }: StepView): readonly string[] {
  const told = number(loss, 4);
  if (rule.loss === 'mean-squared-error')
    return [
      'The loss says in one number how wrong the batch was answered; training makes it smaller.',
      `It is ${told}: the mean of the squared differences between what was said and what is right.`,
      `Its root, ${number(Math.sqrt(loss), 4)}, is how far off an answer typically was.`,
    ];
  return [
    'Softmax turns the last layer’s numbers into a share for each class, which together are 1.',
    `The loss is ${told}: the mean of −ln of the share that was given to the right class. It is as if each right class had been given ${percent(Math.exp(-loss), 1)}, which is e^−${told}.`,
    `Whoever gives all ${count(rule.outputs)} classes the same share has ${number(Math.log(rule.outputs), 4)}, which is ln ${rule.outputs}.`,
  ];
}

function backwardWords({ gradientNorm, layers }: StepView): readonly string[] {
  const steepest = furthest(layers, 'gradientNorm');
  return [
    'From the last layer to the first, the chain rule tells of every parameter how fast the loss would grow if that one grew: the gradient.',
    `Its norm, ${number(gradientNorm, 4)}, is the root of the sum of its squares: how steep the loss is here, and 0 where no small step helps.`,
    ...(steepest === undefined
      ? []
      : [
          `The largest part of it is that of ${steepest.name}, ${number(steepest.gradientNorm ?? 0, 4)}: there a small move changes the loss fastest.`,
        ]),
  ];
}

function updateWords({ gradientNorm, updateNorm, layers, rule }: StepView): readonly string[] {
  const rate = number(rule.learningRate, 4);
  const moved = furthest(layers, 'updateNorm');
  return [
    `Each parameter is moved against its gradient, since along it the loss grows${ruleWords(rule.optimizer, rate)}.`,
    // Momentum, a proximal term or a correction move them otherwise.
    isPlain(rule.optimizer) && isAbout(updateNorm, rule.learningRate * gradientNorm)
      ? `The norm of the update, ${number(updateNorm, 4)}, is ${rate} times that of the gradient: how far all of them together moved.`
      : `The norm of the update, ${number(updateNorm, 4)}, is how far all of them together moved.`,
    `${moved === undefined ? 'Nothing moved' : `${moved.name} moved furthest, by ${number(moved.updateNorm ?? 0, 4)}`}. The next step begins from there, with another batch.`,
  ];
}

function ruleWords(optimizer: StepView['rule']['optimizer'], rate: string): string {
  const momentum = momentumOf(optimizer);
  switch (optimizer.type) {
    case 'sgd':
      return momentum > 0
        ? `: by the learning rate, ${rate}, times its velocity, which is the gradient and ${number(momentum, 3)} of the velocity before`
        : `: by the learning rate, ${rate}, times the gradient`;
    case 'adam':
    case 'adamw':
      return `: by the learning rate, ${rate}, times a running mean of its gradients over the root of a running mean of their squares, so that steep ones and flat ones move alike${optimizer.type === 'adamw' ? '; before that it is drawn a little towards 0' : ''}`;
    case 'rmsprop':
      return `: by the learning rate, ${rate}, times the gradient over the root of a running mean of its squares, so that steep ones and flat ones move alike`;
    default:
      return optimizer satisfies never;
  }
}

const isPlain = (optimizer: StepView['rule']['optimizer']): boolean =>
  optimizer.type === 'sgd' && momentumOf(optimizer) === 0;
const isAbout = (got: number, expected: number): boolean => Math.abs(got - expected) <= expected / 1000;
const parametersOf = (layers: readonly LayerView[]): number =>
  layers.reduce((sum, { parameters }) => sum + parameters, 0);

/** undefined: none has any. */
function furthest(layers: readonly LayerView[], by: 'gradientNorm' | 'updateNorm'): LayerView | undefined {
  const most = Math.max(0, ...layers.map((layer) => layer[by] ?? 0));
  return most === 0 ? undefined : layers.find((layer) => layer[by] === most);
}
