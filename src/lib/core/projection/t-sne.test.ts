import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { tSne } from './t-sne.ts';

test('rows that equal more others than they have neighbours lie somewhere, as all do', () => {
  const draw = random(1, 't-sne');
  const COUNT = 200;
  // A hundred equal rows, and a hundred about another place.
  const scores = Float64Array.from({ length: 2 * COUNT }, (_, at) => (at < COUNT ? 0 : 5 + draw.normal()));
  const steps = tSne(scores, COUNT);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  expect(step.value).toHaveLength(2 * COUNT);
  expect(step.value.every(Number.isFinite)).toBe(true);
});
