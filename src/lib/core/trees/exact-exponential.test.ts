import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { exponential } from './exact-exponential.ts';

test('it is the exponential function to a few units of the last place', () => {
  const draw = random(4);
  for (let i = 0; i < 20_000; i += 1) {
    const x = (draw.next() - 0.5) * (i % 2 === 0 ? 4 : 1200);
    expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(2 ** -49);
  }
});

test('its bits are the same in every engine that this runs in', () => {
  // By the same steps in CPython 3. Not always the nearest double: e is 2.718281828459045.
  expect([0, 1, -1, 0.3, -17.25].map(exponential)).toEqual([
    1, 2.7182818284590455, 0.36787944117144233, 1.3498588075760032, 3.2241867372567335e-8,
  ]);
});

test('beyond ±700 it stays at the value there, finite and above zero', () => {
  expect(exponential(1e9)).toBe(exponential(700));
  expect(exponential(-Infinity)).toBe(exponential(-700));
  expect(exponential(-700)).toBeGreaterThan(0);
});
