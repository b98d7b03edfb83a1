import { expect, test } from 'vitest';
import type { StepView } from '../participant/step-view.ts';
import { stepWords } from './step-words.ts';

// Of two classes, ¼ for the right one: −ln ¼ = 1.386; the parts of the gradient are 3 and 4, so its norm is 5.
const view: StepView = {
  ...{
    step: 7,
    batch: 2,
    plainMs: 4,
    engineMs: 1,
    loss: Math.log(4),
    gradientNorm: 5,
    updateNorm: 0.5,
    apart: 0,
  },
  phases: { forward: 1, loss: 1, backward: 1, optimizer: 1 },
  layers: [
    { name: 'dense_1', outputShape: [2, 3], parameters: 12, gradientNorm: 3, updateNorm: 0.3 },
    { name: 'dropout_2', outputShape: [2, 3], parameters: 0, gradientNorm: null, updateNorm: null },
    { name: 'dense_3', outputShape: [2, 2], parameters: 8, gradientNorm: 4, updateNorm: 0.4 },
  ],
  rule: {
    loss: 'categorical-crossentropy',
    outputs: 2,
    optimizer: { type: 'sgd', momentum: 0 },
    learningRate: 0.1,
  },
};
const said = (changed: Partial<StepView> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(stepWords({ ...view, ...changed })).map(([phase, words]) => [phase, words.join(' ')]),
  );

test('each phase of a step is told with the numbers of that step', () => {
  const { forward, loss, backward, optimizer } = said();
  expect(forward).toMatch(
    /^2 examples of the batch go through 3 layers, .+ dense_3, gives \[2, 2\].+ 20 parameters /,
  );
  expect(loss).toMatch(
    /The loss is 1\.386: the mean of −ln of the share .+ given 25(\.0)?\s%.+ has 0\.6931, which is ln 2/,
  );
  expect(backward).toMatch(/norm, 5, .+ that of dense_3, 4:/);
  expect(optimizer).toMatch(
    /learning rate, 0\.1, times the gradient\. .+ update, 0\.5, is 0\.1 times .+ dense_3 moved furthest, by 0\.4/,
  );
});

test('of another rule, what is so of plain descent alone is not said; of numbers the loss is in squares', () => {
  const rule = { ...view.rule, optimizer: { type: 'adam' } } as const;
  expect(said({ rule }).optimizer).toMatch(
    /root of a running mean of their squares.+ update, 0\.5, is how far/,
  );
  // A proximal term moved them otherwise.
  expect(said({ updateNorm: 0.6 }).optimizer).toMatch(/update, 0\.6, is how far/);
  const squares = { ...view.rule, loss: 'mean-squared-error', outputs: 1 } as const;
  expect(said({ loss: 9, rule: squares }).loss).toMatch(/It is 9: the mean of the squared .+ root, 3, /);
});
