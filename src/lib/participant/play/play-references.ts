// What a federation is held against in the playground: one model of everybody's rows in one place, and models of some participants'
// own rows. Each takes a pass a round, in the same plain loops, from where the shared model began.
import type { Examples } from '../../core/data/examples.ts';
import type { Network } from '../../core/model/network.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import { random } from '../../core/random.ts';
import { scorePlainly, trainPlainly } from './train-plainly.ts';

export interface PlayReference {
  /** Accuracy on new hands, as of rounds. */
  readonly pooled: number;
  /** The mean over `devices` models; no number where all lie. */
  readonly alone: number;
  readonly devices: number;
}

/** So that a pass costs no more than two rounds. */
const MOST_ALONE = 5;

/** Each call is the pass of one more round. `honest`: the rows of each participant who does not lie. */
export function playReferences(
  network: Network,
  start: Float32Array,
  plan: Omit<TrainingPlan, 'seed'>,
  {
    pooled,
    honest,
    test,
  }: {
    readonly pooled: Examples;
    readonly honest: readonly Examples[];
    readonly test: Examples;
  },
  seed: number,
): () => PlayReference {
  const drawn = random(seed, 'play', 'references')
    .shuffle(Array.from(honest.keys()))
    .slice(0, MOST_ALONE)
    .sort((a, b) => a - b);
  const models = [pooled, ...drawn.map((index) => honest[index]!)].map((rows) => ({
    rows,
    parameters: start.slice(),
  }));
  let pass = 0;
  return () => {
    pass += 1;
    const [together, ...alone] = models.map((model, index) => {
      const batches = random(seed, 'play', 'reference batches', pass, index).below(4294967296);
      const { delta } = trainPlainly(network, model.parameters, model.rows, { ...plan, seed: batches });
      model.parameters = model.parameters.map((value, i) => value + delta[i]!);
      return scorePlainly(network, model.parameters, test).accuracy;
    });
    return {
      pooled: together!,
      alone: alone.reduce((sum, accuracy) => sum + accuracy, 0) / alone.length,
      devices: alone.length,
    };
  };
}
