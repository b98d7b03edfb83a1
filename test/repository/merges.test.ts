// What a merge leaves behind where nobody decided.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const TEXT = /\.(?:ts|mjs|svelte|md|json|css|html|py)$/;

test('no file holds the marks of a merge', () => {
  const folders = ['src', 'server', 'test', 'e2e', 'bench', 'docs', 'static'];
  const inside = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const files = [...readdirSync('.'), ...inside].filter((file) => TEXT.test(file));
  expect(files.length).toBeGreaterThan(1000);
  expect(files.filter((file) => /^(?:<{7} |>{7} )/m.test(readFileSync(file, 'utf8')))).toEqual([]);
});
