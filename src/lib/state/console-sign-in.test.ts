import { describe, expect, test } from 'vitest';
import { consoleApi } from './console-api.ts';
import { nextPath, SignIn, tokenIn } from './console-sign-in.svelte.ts';

describe('signing in', () => {
  test('a token is found in a link, or stands for itself', () => {
    expect(tokenIn(' http://localhost:3000/sign-in?token=ab%2Dc&x=1 ')).toBe('ab-c');
    expect(tokenIn('f00d')).toBe('f00d');
    expect([
      tokenIn(''),
      tokenIn('http://localhost:3000/console'),
      tokenIn('two words'),
      tokenIn('/x?token=%E0%A4%A'),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });
  test('only a path of the console, or of the runs of this browser, is gone on to', () => {
    expect(nextPath('/console/skin?x=1')).toBe('/console/skin?x=1');
    expect(nextPath('/me/runs/f00d')).toBe('/me/runs/f00d');
    for (const trap of [
      null,
      'https://evil.example',
      '//evil.example',
      '/console//evil.example',
      '/\\evil.example',
      '/consolex',
      '/me',
    ])
      expect(nextPath(trap)).toBe('/console');
  });
  test('nothing is sent without a token', async () => {
    const signIn = new SignIn(consoleApi(() => Promise.reject(new Error('nothing should be sent'))));
    expect(await signIn.send()).toBe(false);
    expect(signIn.problem).toBe('Paste the link that the server printed.');
  });
  test('a refused token is told, with how to get another', async () => {
    const signIn = new SignIn(
      consoleApi(
        async () =>
          new Response('{"error":"unknown-token","message":"This link was used already."}', { status: 401 }),
      ),
    );
    signIn.typed = 'abc';
    expect(await signIn.send()).toBe(false);
    expect(signIn.failure).toEqual({
      message: 'This link was used already.',
      hint: 'Each link works once; the next one is printed after it was used.',
    });
  });
  test('an accepted token begins the session', async () => {
    const bodies: unknown[] = [];
    const signIn = new SignIn(
      consoleApi(async (_, init) => (bodies.push(init?.body), new Response(null, { status: 204 }))),
    );
    signIn.typed = 'http://x/sign-in?token=abc';
    expect(await signIn.send()).toBe(true);
    expect(bodies).toEqual(['{"token":"abc"}']);
  });
});
