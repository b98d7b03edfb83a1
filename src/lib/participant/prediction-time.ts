// How long one prediction takes on this device: a row at a time, as an app would ask, and not rows by the thousand as scoring does.
import { latencyStep } from '../core/metrics/latency.ts';
import type { Clock } from '../ports/clock.ts';

/** The first compile kernels and fill caches. */
const WARM_UP = 2;
const SAMPLES = 9;
/** A third of a second at most, but that a model which takes longer is still asked three times. */
const MOST_MS = 300;
/** A sample shorter than this is mostly the grain of the clock (100 µs in a tab that is not isolated): more predictions go into one. */
const LEAST_SAMPLE_MS = 2;
const MOST_IN_SAMPLE = 64;

/**
 * The median over several samples, as the step that it is told by. undefined: the clock does not move.
 * @param predict one row, until its answer is here
 */
export async function timePrediction(
  predict: () => unknown,
  clock: Pick<Clock, 'monotonic'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const start = clock.monotonic();
  for (let done = 0; done < WARM_UP; done += 1) await predict();
  const samples: number[] = [];
  let inSample = 1;
  while (samples.length < SAMPLES && (samples.length === 0 || clock.monotonic() - start < MOST_MS)) {
    signal.throwIfAborted();
    const before = clock.monotonic();
    for (let done = 0; done < inSample; done += 1) await predict();
    const took = clock.monotonic() - before;
    if (took < LEAST_SAMPLE_MS && inSample < MOST_IN_SAMPLE) inSample *= 2;
    else samples.push(took / inSample);
  }
  const median = samples.sort((a, b) => a - b)[samples.length >> 1]!;
  return median > 0 ? latencyStep(median) : undefined;
}
