import { expect, test } from 'vitest';
import { readInvitation } from './invitation.ts';

const here = 'http://localhost:3000';
const read = (typed: string) => readInvitation(typed, here);

test('a name, a path and a link of this server lead to the same page', () => {
  for (const typed of [
    'digits',
    ' Digits ',
    '/f/digits',
    'f/digits/train',
    'http://localhost:3000/f/digits?i=abc',
  ])
    expect(read(typed)).toEqual({ ok: true, value: '/f/digits' });
});

test('a link of another server keeps its origin, and nothing else', () => {
  expect(read('https://fed.example/f/heart?x=1')).toEqual({ ok: true, value: 'https://fed.example/f/heart' });
});

test('what leads nowhere says what was expected', () => {
  expect(read('')).toMatchObject({ ok: false });
  expect(read('http://localhost:3000/console')).toMatchObject({
    ok: false,
    error: expect.stringContaining('/f/'),
  });
  expect(read('javascript:alert(1)')).toMatchObject({ ok: false });
  expect(read('two words')).toMatchObject({ ok: false, error: expect.stringContaining('hyphens') });
});
