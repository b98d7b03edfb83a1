import { encode } from 'uqr';
import { describe, expect, test } from 'vitest';
import { aliasEffect } from './console-alias.svelte.ts';
import { qrPath, reachOf } from './console-invitation.ts';
import { queryWith } from './console-query.ts';
import { viewFixture } from './console-views.fixture.ts';

describe('an invitation', () => {
  test('is drawn as the very modules of its code', () => {
    const { data } = encode('https://example.org/f/skin', { ecc: 'M', border: 4 });
    const { size, path } = qrPath(data);
    const drawn = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
      for (let at = 0; at < Number(length); at += 1) {
        const row = drawn[Number(y)];
        if (row !== undefined) row[Number(x) + at] = true;
      }
    expect(drawn).toEqual(data);
  });
  test('says how far its address reaches', () => {
    expect(
      [
        'http://localhost:3000',
        'http://127.0.0.1:80',
        'https://[::1]/',
        'http://192.168.1.4:3000',
        'https://192.168.1.4',
      ].map(reachOf),
    ).toEqual(['this-machine', 'this-machine', 'this-machine', 'insecure', 'anywhere']);
  });
});

describe('moving the alias live', () => {
  test('back is a roll-back, forward is not, and where it stands there is nothing to do', () => {
    const view = viewFixture({ live: 3 });
    expect(aliasEffect(1, view)?.title).toBe('Roll back live from version 3 to version 1');
    expect(aliasEffect(4, view)?.button).toBe('Make v4 live…');
    expect(aliasEffect(3, view)).toBeUndefined();
  });
});

test('the query of an address changes by name alone', () => {
  const url = new URL('http://x/console/skin?metric=loss&with=3');
  expect(queryWith(url, { metric: 'accuracy' })).toBe('/console/skin?metric=accuracy&with=3');
  expect(queryWith(url, { metric: null, with: null })).toBe('/console/skin');
});
