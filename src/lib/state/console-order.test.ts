import { expect, test } from 'vitest';
import { asTheyCame } from './console-order.ts';
import { memberFixture } from './console-views.fixture.ts';

test('updates are told in the order in which they were accepted, and who sent none is not among them', () => {
  const cohort = [
    // Accepted ten seconds after that by its number.
    memberFixture(3, 'accepted'),
    memberFixture(1, 'accepted'),
    memberFixture(2, 'dropped', 'It went away.'),
  ];
  expect(asTheyCame({ cohort })).toEqual(['Lab 1', 'Lab 3']);
  expect(asTheyCame({ cohort: [] })).toEqual([]);
});
