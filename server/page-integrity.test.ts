import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOfText } from '#lib/core/digest.ts';
import { pageIntegrity } from './page-integrity.ts';

const files = {
  '_app/immutable/entry/start.js': digestOfText('start'),
  '_app/immutable/nodes/0.js': digestOfText('node'),
  '_app/immutable/workers/device.worker.js': digestOfText('worker'),
  '_app/immutable/assets/all.css': digestOfText('style'),
  'theme.js': digestOfText('theme'),
};
const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
const rendered = `<html><head>
    <meta charset="utf-8" />
    <link rel="icon" href="../favicon.svg" />
    <script src="../../theme.js"></script>
  </head><body><script>import("./_app/immutable/entry/start.js")</script></body></html>`;

test('a page names the hash of every script and style, and of every module that it may import', () => {
  const page = pageIntegrity(files).page(rendered, ['./../_app/immutable/nodes/0.js']);
  expect(page).toContain(
    `<script src="../../theme.js" integrity="${hashOf('theme')}" crossorigin="anonymous"></script>`,
  );
  expect(page).toContain(
    `<link href="/_app/immutable/assets/all.css" rel="stylesheet" integrity="${hashOf('style')}" crossorigin="anonymous">`,
  );
  expect(page).toContain(
    `<link rel="modulepreload" href="/_app/immutable/nodes/0.js" integrity="${hashOf('node')}" crossorigin="anonymous">`,
  );
  const [, map = ''] = /<script type="importmap">(.*?)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(map)).toEqual({
    integrity: {
      '/_app/immutable/entry/start.js': hashOf('start'),
      '/_app/immutable/nodes/0.js': hashOf('node'),
    },
  });
  // The encoding comes first, and the map before anything that imports.
  expect(page.indexOf('charset')).toBeLessThan(page.indexOf('importmap'));
  expect(page.indexOf('importmap')).toBeLessThan(page.indexOf('modulepreload'));
});

test('the policy lets in that very import map, and no script without a hash', () => {
  const integrity = pageIntegrity(files);
  const [, map = ''] = /<script type="importmap">(.*?)<\/script>/.exec(integrity.page(rendered, [])) ?? [];
  const headers = new Headers({ 'content-security-policy': "default-src 'none'; script-src 'self' 'x'" });
  integrity.hold(headers);
  expect(headers.get('content-security-policy')).toBe(
    `default-src 'none'; script-src 'self' '${hashOf(map)}' 'x'`,
  );
  expect(headers.get('integrity-policy')).toBe('blocked-destinations=(script)');
});

test('a page that names a script of another build is not sent', () => {
  expect(() => pageIntegrity({}).page(rendered, [])).toThrow('The build serves no theme.js');
});
