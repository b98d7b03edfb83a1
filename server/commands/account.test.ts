import { Command } from 'commander';
import { expect, test, vi } from 'vitest';
import { register } from './account.ts';

/** What `tributary account …` prints, line by line. */
function printed(text: string): string[] {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const program = new Command('tributary').exitOverride().configureOutput({ writeErr: () => undefined });
  register(program);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  try {
    program.parse(['account', ...text.split(' ')], { from: 'user' });
  } finally {
    log.mockRestore();
  }
  return lines;
}
const json = (text: string): unknown => JSON.parse(printed(`${text} --json`).join('\n'));

test('says ε and the order as JSON, with δ and the adjacency', () => {
  expect(json('--sampling 0.0025 --noise-multiplier 1.3 --steps 6000 --delta 1e-5 --accountant rdp')).toEqual(
    {
      epsilon: expect.closeTo(0.7242234026109595, 9),
      order: 19,
      noiseMultiplier: 1.3,
      delta: 1e-5,
      accountant: 'rdp',
      adjacency: 'add-or-remove-one-participant',
    },
  );
  expect(json('--sampling 1 --noise-multiplier 0.7 --steps 2 --delta 1e-5 --accountant pld')).toMatchObject({
    epsilon: expect.closeTo(10.1224946, 6),
    order: null,
  });
  expect(json('--sampling 1 --noise-multiplier 0 --steps 2 --delta 1e-5')).toMatchObject({
    epsilon: 'Infinity',
  });
});

test('finds the noise for an ε', () => {
  expect(json('--sampling 0.04 --epsilon 8 --steps 2250 --delta 1e-5 --accountant rdp')).toMatchObject({
    noiseMultiplier: expect.closeTo(1.416, 3),
  });
});

test('a sentence says adjacency, δ, and when sampling counts', () => {
  const sampled = printed('--sampling 0.5 --noise-multiplier 4 --steps 10 --delta 1e-5').join('\n');
  expect(sampled).toContain('at δ = 0.00001');
  expect(sampled).toContain('one participant more or less');
  expect(sampled).toContain('only where the server draws each participant');
  expect(printed('--sampling 1 --noise-multiplier 4 --steps 10 --delta 1e-5').join('\n')).toContain(
    'No amplification',
  );
});

test.each([
  ['--sampling 1.5 --noise-multiplier 1 --steps 1 --delta 1e-5', /A number from 0 to 1\./],
  ['--sampling 0.5 --noise-multiplier -1 --steps 1 --delta 1e-5', /A number from 0/],
  ['--sampling 0.5 --noise-multiplier 1 --steps 1.5 --delta 1e-5', /A whole number/],
  ['--sampling 0.5 --noise-multiplier 1 --steps 1 --delta 1', /above 0 and below 1/],
  ['--sampling 0.5 --noise-multiplier 1 --steps 1 --delta 1e-5 --accountant gdp', /One of pld, rdp/],
  ['--sampling 0.5 --noise-multiplier 1 --steps 1', /--delta/],
  ['--sampling 0.5 --steps 1 --delta 1e-5', /Give --noise-multiplier/],
  ['--sampling 0.5 --noise-multiplier 1 --epsilon 1 --steps 1 --delta 1e-5', /Give --noise-multiplier/],
  ['--sampling 0.5 --noise-multiplier 1 --steps 1 --delta 1e-5 --orders 2,3', /for --accountant rdp/],
  ['--sampling 0.5 --noise-multiplier 1 --steps 1 --delta 1e-5 --accountant rdp --orders 1,2', /above 1/],
  [
    '--sampling 0.5 --noise-multiplier 1 --steps 1 --delta 1e-5 --accountant rdp --interval 0.001',
    /for --accountant pld/,
  ],
])('refuses %s', (text, sentence) => {
  expect(() => printed(text)).toThrow(sentence);
});
