import { expect, test } from 'vitest';
import { areBranches, commonAncestor } from './state-ancestry.ts';

//  0 ─ 1 ─ 2 ─ 5 (2 and 4 merged) ─ 6
//   ╲─ 3 ─ 4 ─╱──── 7
const states = [
  { number: 0, parent: null },
  { number: 1, parent: 0 },
  { number: 2, parent: 1 },
  { number: 3, parent: 0 },
  { number: 4, parent: 3 },
  { number: 5, parent: 2, merged: 4 },
  { number: 6, parent: 5 },
  { number: 7, parent: 4 },
];

test('branches meet in the latest state that both come from, of a merge by either of its parents', () => {
  expect(commonAncestor(states, 2, 4)).toBe(0);
  expect(commonAncestor(states, 6, 7)).toBe(4);
  expect(commonAncestor(states, 7, 6)).toBe(4);
  expect(commonAncestor(states, 1, 6)).toBe(1);
  expect(commonAncestor([], 0, 0)).toBe(0);
});

test('two states can be merged where neither was made of the other', () => {
  expect(areBranches(states, 2, 4)).toBe(true);
  expect(areBranches(states, 6, 7)).toBe(true);
  expect(areBranches(states, 6, 4)).toBe(false);
  expect(areBranches(states, 1, 6)).toBe(false);
  expect(areBranches(states, 3, 3)).toBe(false);
});
