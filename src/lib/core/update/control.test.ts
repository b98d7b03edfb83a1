import { expect, test } from 'vitest';
import { controlChange, correctionOf } from './control.ts';

test('the correction is c − c_k, and the control of a device becomes its mean gradient over the round', () => {
  const control = { server: Float32Array.of(-3, 0), own: Float32Array.of(-1.5, 2) };
  expect(correctionOf(control)).toEqual(Float32Array.of(-1.5, -2));
  // Two steps of ¼ with gradients 1 and 1¼ move y by −¼ · (1 − 1.5) and −¼ · (1.25 − 1.5): from 1.5 to 1.6875.
  // Δc = −0.1875 / ½ + 3 = 2.625, and c_k⁺ = 1.125 is the mean of the two gradients. The second did not move: Δc = −c = 0.
  const change = controlChange(control, {
    base: Float32Array.of(1.5, 1),
    after: Float32Array.of(1.6875, 1),
    steps: 2,
    learningRate: 0.25,
  });
  expect(change).toEqual(Float32Array.of(2.625, 0));
  expect(control.own[0]! + change[0]!).toBe((1 + 1.25) / 2);
});
