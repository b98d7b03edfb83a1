// The command line: `tributary <command>`. Each command is a file in commands/ and a line in its list.
import { Command } from 'commander';
import { commands } from './commands/index.ts';

const program = new Command('tributary')
  .description(
    'Train models on your own data in the browser tab, and join federated rounds: rows never leave the device.',
  )
  .showHelpAfterError();
for (const { register } of commands) register(program);

try {
  await program.parseAsync();
} catch (error) {
  // What can be expected comes with a sentence; a bug with its stack.
  const isBug = !(error instanceof Error) || error instanceof TypeError || error instanceof RangeError;
  console.error(isBug ? error : `tributary: ${error.message}`);
  process.exitCode = 1;
}
