// A run for tests of models that predict a target.
import { runTraining as run } from './run-training.ts';

/** As runTraining. Throws where groups were found. */
export async function runTraining(...asked: Parameters<typeof run>) {
  const line = await run(...asked);
  if (line.type === 'groups') throw new Error('A model of a target was asked for.');
  return line;
}
