// Softmax (multinomial logistic) regression: one dense layer over the flattened example.
import * as v from 'valibot';
import { classLabels, exampleShape, targetSize } from '../../data/contract.ts';
import { defineFamily } from './family.ts';

const Options = v.strictObject({});

export const softmaxRegression = defineFamily({
  name: 'softmax-regression',
  title: 'Softmax regression',
  description: 'One weight for each input and class: small, quick, and the baseline to beat.',
  suits: (contract) => classLabels(contract) !== undefined,
  options: Options,
  network: (contract) => {
    const inputShape = exampleShape(contract);
    const dense = {
      type: 'dense',
      units: targetSize(contract),
      activation: 'softmax',
      useBias: true,
    } as const;
    return {
      inputShape,
      layers: inputShape.length === 1 ? [dense] : [{ type: 'flatten' }, dense],
      loss: 'categorical-crossentropy',
    };
  },
});
