import { describe, expect, test } from 'vitest';
import { COMPLETE_COHORT, neighbourhoodOf, ringOf } from './neighbourhood.ts';
import { MOST_NEIGHBOURS } from './rules.ts';

const columns = [
  [0.05, 0.1],
  [0.1, 0.1],
  [0.1, 0.2],
  [0.2, 0.2],
  [0.33, 0.1],
] as const;

// SECURE_AGGREGATION, §1.7: (k, t) by devices and by (γ, δ).
test.each([
  [100, '36,6 42,11 54,11 72,21 78,34'],
  [200, '36,11 42,20 56,21 74,37 80,52'],
  [500, '36,17 44,24 58,28 86,47 90,63'],
  [1000, '38,19 46,26 66,31 98,54 102,72'],
])('neighbours and thresholds of %d devices are those of the specification’s table', (devices, row) => {
  const found = columns.map(([colluding, leaving]) => ringOf(devices, colluding, leaving)!);
  expect(found.map(({ neighbours, threshold }) => `${neighbours},${threshold}`).join(' ')).toBe(row);
});

describe('a server that lies', () => {
  const expected = { profile: 'standard', colluding: 0.1, leaving: 0.25 } as const;

  test.each([101, 150, 200, 500, 1000])(
    'leaves of %d devices more beside each than are in league',
    (roster) => {
      const { neighbours, threshold, arrived, stay } = neighbourhoodOf(roster, expected)!;
      const half = neighbours / 2;
      expect(neighbours).toBeLessThanOrEqual(Math.min(MOST_NEIGHBOURS, roster - 1));
      expect(Number.isInteger(half)).toBe(true);
      // More are in both than the ⌊γn⌋ in league that could stand in a row: either all of them, or so many that it never happens.
      const both = arrived + stay - half;
      expect(both).toBeGreaterThan(roster < 150 ? 0.1 * roster : 2 * 0.1 * half);
      expect(threshold).toBeGreaterThan(0.1 * neighbours);
      // And a quarter may go, by far.
      expect(half - stay).toBeGreaterThan(0.25 * half);
    },
  );

  test('needs more neighbours than one that follows the protocol', () => {
    const lenient = neighbourhoodOf(500, { ...expected, profile: 'lenient' })!;
    expect(neighbourhoodOf(500, expected)!.neighbours).toBeGreaterThan(lenient.neighbours);
    expect(lenient).toMatchObject({ arrived: 1, stay: 1 });
  });
});

test('no fewer than one in twenty is taken to be in league, and more cost more', () => {
  const at = (colluding: number) => neighbourhoodOf(500, { profile: 'standard', colluding, leaving: 0.2 });
  expect(at(0)).toEqual(at(0.05));
  expect(at(0.1)!.neighbours).toBeGreaterThan(at(0.05)!.neighbours);
});

test('few devices are neighbours of all others, and so are those whom a ring would ask more of; beyond what shares can name there is no sum', () => {
  const expected = { profile: 'standard', colluding: 0.3, leaving: 1 / 3 } as const;
  expect(neighbourhoodOf(COMPLETE_COHORT, expected)).toEqual({
    neighbours: 99,
    threshold: 67,
    arrived: 0,
    stay: 0,
  });
  expect(neighbourhoodOf(200, expected)).toEqual({ neighbours: 199, threshold: 134, arrived: 0, stay: 0 });
  expect(neighbourhoodOf(1000, expected)).toBeUndefined();
});
