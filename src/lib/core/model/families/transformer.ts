// A small transformer encoder (Vaswani et al. 2017): each step projected to `units`, its place added, blocks of attention, and the mean of
// all steps.
import * as v from 'valibot';
import { exampleShape } from '../../data/contract.ts';
import { defineFamily, headOf, whole } from './family.ts';
import { stepsOf } from './sequence-input.ts';

const Options = v.strictObject({
  /** Numbers a step while blocks work on it: `heads` times as many as a head has. */
  width: v.optional(whole(128), 8),
  heads: v.optional(whole(16), 4),
  /** Blocks of attention, one behind the other. */
  blocks: v.optional(whole(8), 2),
  /** Units inside a block's feed-forward part. */
  feedForward: v.optional(whole(4096), 64),
  /** Share dropped behind each block in training, 0 for none. */
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0),
});

export const transformer = defineFamily({
  name: 'transformer',
  title: 'Small transformer',
  description:
    'Every step looks at every other at once: for what depends on things far apart. Needs more data than a GRU.',
  suits: (contract) => stepsOf(contract) !== undefined,
  options: Options,
  network: (contract, { width, heads, blocks, feedForward, dropout }) => {
    const head = headOf(contract);
    return {
      inputShape: exampleShape(contract),
      layers: [
        ...(stepsOf(contract) ?? []),
        { type: 'step-dense', units: width * heads, activation: 'linear', useBias: true },
        { type: 'position-embedding' },
        ...Array.from({ length: blocks }, () => [
          { type: 'transformer-block', heads, feedForward } as const,
          ...(dropout > 0 ? [{ type: 'dropout', rate: dropout } as const] : []),
        ]).flat(),
        { type: 'layer-normalisation', epsilon: 1e-6 },
        { type: 'global-average-pool1d' },
        head.layer,
      ],
      loss: head.loss,
    };
  },
});
