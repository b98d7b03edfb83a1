// One process of headless participants: told what to do by its parent, says what happens line by line, and ends when all of
// its participants have left or the parent asks it to.
import * as v from 'valibot';
import { JoinRefused } from '#lib/participant/equipment.ts';
import { LinkLost } from '#lib/ports/coordinator-link.ts';
import { nodeEngines } from './participants/node-engines.ts';
import { UnusableData } from './participants/own-data.ts';
import { runParticipants, type RunningParticipants } from './participants/run-participants.ts';
import { HeadlessSetup, type HeadlessLine } from './participants/setup.ts';

const say = (line: HeadlessLine): void => void process.send?.(line);

let running: RunningParticipants | undefined;
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await running?.stop();
  process.exit(0);
}
// Ctrl-C reaches the whole process group; the parent asks once more by SIGTERM, which is then heard as well.
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
// A parent that is gone leaves nobody to report to.
process.on('disconnect', () => void stop());

process.once('message', (message) => {
  running = runParticipants(v.parse(HeadlessSetup, message), nodeEngines(), say);
  running.done.then(
    () => {
      if (!stopping) process.exit(0);
    },
    (failure: unknown) => {
      if (stopping) return;
      const expected =
        failure instanceof UnusableData || failure instanceof LinkLost || failure instanceof JoinRefused;
      const message =
        failure instanceof Error
          ? expected
            ? failure.message
            : (failure.stack ?? failure.message)
          : String(failure);
      // Sent whole before the end, or the parent would never know why.
      process.send?.({ type: 'failure', message } satisfies HeadlessLine, () => process.exit(1));
    },
  );
});
