// A small federation for tests: 2 numbers in, 2 classes out, softmax regression of 6 parameters.
import * as v from 'valibot';
import { NetworkFederation } from '#lib/core/federation.ts';

type Input = v.InferInput<typeof NetworkFederation>;

export function exampleSpec(
  change: {
    rules?: Partial<Input['rules']>;
    target?: number;
    units?: number;
    seed?: number;
    strategy?: Input['strategy'];
    transfer?: Input['transfer'];
    guard?: Input['guard'];
    privacy?: Input['privacy'];
    tuning?: Input['tuning'];
  } = {},
): NetworkFederation {
  const column = (name: string): Extract<Input['contract'], { kind: 'table' }>['columns'][number] => ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  });
  const hidden: Input['network']['layers'] =
    change.units === undefined
      ? []
      : [{ type: 'dense', units: change.units, activation: 'relu', useBias: true }];
  return v.parse(NetworkFederation, {
    brief: { title: 'Two moons', purpose: 'To test.', coordinator: 'A lab', dataWanted: 'Points.' },
    metric: { name: 'accuracy', target: change.target ?? null },
    contract: {
      kind: 'table',
      columns: [column('x'), column('y')],
      target: {
        type: 'classes',
        name: 'side',
        classes: [
          { label: 'left', values: ['0'] },
          { label: 'right', values: ['1'] },
        ],
      },
    },
    family: change.units === undefined ? 'softmax-regression' : 'mlp',
    network: {
      inputShape: [2],
      layers: [...hidden, { type: 'dense', units: 2, activation: 'softmax', useBias: true }],
      loss: 'categorical-crossentropy',
    },
    plan: {
      localEpochs: 1,
      batchSize: 10,
      learningRate: 0.1,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: change.seed ?? 1,
    },
    strategy: change.strategy,
    transfer: change.transfer,
    guard: change.guard,
    privacy: change.privacy,
    tuning: change.tuning,
    rules: {
      goal: 3,
      minimum: 2,
      overSelection: 1.3,
      selectionDeadlineMs: 30_000,
      reportingDeadlineMs: 60_000,
      pauseMs: 0,
      maximumRounds: 100,
      ...change.rules,
    },
    ...(change.strategy === undefined ? {} : { strategy: change.strategy }),
    sample: null,
  });
}

/** The same with asynchronous rounds: buffers of 3 updates, of `concurrency` devices that train at the same time. */
export const asynchronousSpec = (
  concurrency: number,
  rules: Partial<Input['rules']> = {},
  maxstaleness = 20,
): NetworkFederation =>
  exampleSpec({
    rules: { mode: { type: 'asynchronous', concurrency }, minimum: 1, ...rules },
    strategy: { name: 'fedbuff', options: { maxstaleness } },
  });
