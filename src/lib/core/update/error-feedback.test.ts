import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { codecNamed, decodeAll } from './codec/index.ts';
import { encodeWithFeedback } from './error-feedback.ts';

const half = codecNamed('topk:0.5');

test('what was left out comes with the next vector: two steps by hand', () => {
  // Kept of (4, 1): (4, 0); the residual (0, 1) and the next (0.5, 1) make (0.5, 2), of which (0, 2) is kept.
  const first = encodeWithFeedback(Float32Array.of(4, 1), undefined, half, 's');
  expect([...first.residual]).toEqual([0, 1]);
  const second = encodeWithFeedback(Float32Array.of(0.5, 1), first.residual, half, 's');
  expect(decodeAll(half, second.bytes, 2, 's')).toEqual({ ok: true, value: Float32Array.of(0, 2) });
  expect([...second.residual]).toEqual([0.5, 0]);
  expect([...first.residual]).toEqual([0, 1]);
});

test('what was sent and what is left add up to what was given, round for round, in every codec', () => {
  for (const name of ['topk:0.1', 'eden:2', 'q8', 'f16', 'ring:4']) {
    const codec = codecNamed(name);
    const draws = random(1, name);
    const [given, sent] = [new Float64Array(100), new Float64Array(100)];
    let residual: Float32Array | undefined;
    for (let round = 0; round < 20; round += 1) {
      const values = Float32Array.from({ length: 100 }, () => draws.normal());
      values.forEach((value, i) => (given[i]! += value));
      const made = encodeWithFeedback(values, residual, codec, `round ${round}`);
      const decoded = decodeAll(codec, made.bytes, 100, `round ${round}`);
      if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
      decoded.value.forEach((value, i) => (sent[i]! += value));
      residual = made.residual;
    }
    // Two roundings to f32 a round, of values below 64: 20·2·2⁻¹⁹.
    given.forEach((value, i) => expect(Math.abs(value - sent[i]! - residual![i]!)).toBeLessThan(1e-4));
  }
});

test('a residual of another length, and a sum beyond f32, are refused', () => {
  expect(() => encodeWithFeedback(new Float32Array(2), new Float32Array(3), half, 's')).toThrow('3 values');
  const huge = Float32Array.of(3e38);
  expect(() => encodeWithFeedback(huge, huge, half, 's')).toThrow(RangeError);
});
