// The attacks on one update that are tried here, by what the network gives hold of.
import type { Network } from '../model/network.ts';
import { denseEntry, guessesOf } from './dense-layer.ts';
import { matchGradient, type Matching } from './match-gradient.ts';

/** dense-layer: read off the first layer. matching: searched for, as one example. */
export type AttackName = 'dense-layer' | 'matching';

export const attackOn = (network: Network): AttackName =>
  denseEntry(network) === undefined ? 'matching' : 'dense-layer';

/** A search takes about so many multiplications of one forward pass: a minute on a machine of 2020. */
const SEARCH_WORK = 1.2e9;
const MOST_STEPS = 300;

/** Multiplications of one example's way through the network. */
const passWork = (network: Network): number =>
  network.layers.reduce((sum, { kernel, outputShape }) => {
    if (kernel === undefined) return sum;
    const [height = 1, width = 1] = outputShape.length === 3 ? outputShape : [1, 1];
    return sum + kernel.length * height * width;
  }, 0);

/** Yields the share that is done, 0 … 1; returns the guesses [exampleShape], the best supported first. */
export function* attackUpdate(
  attacked: Omit<Matching, 'steps'>,
): Generator<number, readonly Float32Array<ArrayBuffer>[]> {
  const { network, update } = attacked;
  const entry = denseEntry(network);
  if (entry !== undefined) return guessesOf(entry, update);
  const steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(SEARCH_WORK / passWork(network))));
  const search = matchGradient({ ...attacked, steps });
  for (let step = 1; ; step += 1) {
    const next = search.next();
    if (next.done === true) return [next.value];
    yield step / steps;
  }
}
