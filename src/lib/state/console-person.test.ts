import { expect, test } from 'vitest';
import { Role } from '#lib/protocol/people.ts';
import { mayNotAct } from './console-person.ts';

test('a viewer reads why it runs no federation, by the name of its role; the other roles are not held back', () => {
  expect(Role.options.filter((role) => mayNotAct(role) !== undefined)).toEqual(['viewer']);
  expect(mayNotAct('viewer')).toMatch(/^As a viewer you look, and change nothing\./);
});
