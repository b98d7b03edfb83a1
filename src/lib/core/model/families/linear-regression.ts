// Linear regression: one dense unit, squared error, for tables whose target is a number.
import * as v from 'valibot';
import { classLabels, exampleShape } from '../../data/contract.ts';
import { defineFamily } from './family.ts';

const Options = v.strictObject({});

export const linearRegression = defineFamily({
  name: 'linear-regression',
  title: 'Linear regression',
  description: 'One weight for each input of a number to predict: small, and easy to read.',
  suits: (contract) => classLabels(contract) === undefined,
  options: Options,
  network: (contract) => {
    const inputShape = exampleShape(contract);
    const dense = { type: 'dense', units: 1, activation: 'linear', useBias: true } as const;
    return {
      inputShape,
      layers: inputShape.length === 1 ? [dense] : [{ type: 'flatten' }, dense],
      loss: 'mean-squared-error',
    };
  },
});
