// Each public dataset against a score that was published for it, by one command of `npx tributary train`. The command of each line is
// printed; the reference and where it stands are in its target. Figures are of rows not learnt from: of folds where the published
// figure is, of published test files, or of held-out rows.
//   npm run bench -- reference-scores            all that SHARED_DATA has
//   ONLY=wine,boston npm run bench -- reference-scores
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedData } from '../test/support/command.ts';
import { references, type Reference } from './reference-scores/references.ts';
import type { Row } from './row.ts';

export async function run(): Promise<Row[]> {
  const only = process.env['ONLY']?.split(',');
  const unknown = only?.filter((name) => !references.some((one) => one.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(
      `ONLY: there is no ${unknown.join(', ')}. There are: ${references.map((one) => one.name).join(', ')}.`,
    );
  const rows: Row[] = [];
  for (const reference of references) {
    if (only !== undefined && !only.includes(reference.name)) continue;
    const missing = reference.data.filter((path) => !existsSync(join(sharedData, path)));
    if (missing.length > 0) {
      console.warn(`Left out: ${missing.join(', ')} is not at ${sharedData} (set SHARED_DATA).`);
      continue;
    }
    rows.push(await rowOf(reference));
  }
  return rows;
}

async function rowOf(reference: Reference): Promise<Row> {
  const words = [
    ...reference.data.flatMap((path) => ['--data', join(sharedData, path)]),
    ...reference.options,
  ];
  console.log(
    `  npx tributary train ${words.map((word) => (/[ >]/.test(word) ? `'${word}'` : word)).join(' ')}`,
  );
  const value = Number(reference.figure(await linesOf(words)).toPrecision(4));
  return {
    name: `${reference.name}: ${reference.measure}`,
    value,
    unit: reference.unit,
    target: `${reference.isLowerBetter ? 'at most' : 'at least'} ${reference.published} (${reference.source})`,
    ok: reference.isLowerBetter ? value <= reference.published : value >= reference.published,
  };
}

/** The JSON lines of the command. Rejects with what it says where it ends badly. */
function linesOf(words: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const child = spawn(process.execPath, ['server/tributary.mjs', 'train', ...words, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      if (status !== 0) reject(new Error(`train ended with ${status}: ${told.slice(-500)}`));
      else
        resolve(
          out
            .split('\n')
            .filter((line) => line.startsWith('{'))
            .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
        );
    });
  });
}
