import { expect, test } from 'vitest';
import { countStates, ringArcs } from './ring-arcs.ts';

const member = (stage: 'waiting' | 'training' | 'accepted' | 'dropped', fraction: number | null = null) => ({
  stage,
  fraction,
});

test('each member of a small cohort has one arc, updates that are in come first', () => {
  const arcs = ringArcs([member('waiting'), member('training', 0.6), member('accepted'), member('dropped')]);
  expect(arcs.map((arc) => arc.state)).toEqual(['averaged', 'training', 'waiting', 'dropped']);
  expect(arcs[1]?.filled).toBe(0.6);
  expect(arcs.every((arc) => arc.to > arc.from && arc.to <= 1)).toBe(true);
});

test('places that nobody has taken yet are waiting arcs', () => {
  expect(ringArcs([member('accepted')], 3).map((arc) => arc.state)).toEqual([
    'averaged',
    'waiting',
    'waiting',
    'waiting',
  ]);
});

test('a cohort of more than 24 is grouped by state, with lengths by count', () => {
  const arcs = ringArcs([
    ...Array.from({ length: 75 }, () => member('accepted')),
    ...Array.from({ length: 25 }, () => member('training', 0.5)),
  ]);
  expect(arcs.map((arc) => arc.state)).toEqual(['averaged', 'training']);
  expect((arcs[0]?.to ?? 0) - (arcs[0]?.from ?? 0)).toBeCloseTo(0.742, 3);
});

test('an empty round has no arcs, and a refused update counts as dropped', () => {
  expect(ringArcs([])).toEqual([]);
  expect(countStates([{ stage: 'refused', fraction: null }]).dropped).toBe(1);
});
