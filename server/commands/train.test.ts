import { Command } from 'commander';
import { expect, test } from 'vitest';
import { register } from './train.ts';

/** What it is refused for, before a row is read. */
async function refusal(line: string): Promise<string> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  register(program);
  try {
    await program.parseAsync(['train', '--data', 'none.csv', ...line.split(' ')], { from: 'user' });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

test('a flag that would do nothing is refused, with the reason', async () => {
  for (const flag of ['--held-out 0.3', '--folds 5', '--group ward', '--check-labels'])
    expect(await refusal(`--model k-means ${flag}`)).toContain(
      `${flag.split(' ')[0] ?? ''} is of models that predict a target, and groups have none. Leave it out.`,
    );
  expect(await refusal('--task groups --no-stratify')).toContain(
    '--no-stratify: groups are found in all rows, and none is held out.',
  );
  expect(await refusal('--target y --no-recipes')).toContain('--no-recipes is for --model auto');
  expect(await refusal('--target y --model forest --trials 9')).toContain('--trials');
  expect(await refusal('--target y --task classes --model k-means')).toContain('finds groups');
});
