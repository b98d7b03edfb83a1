import { describe, expect, test } from 'vitest';
import {
  readExperiment,
  usualExperiment,
  usualSetting,
  writeExperiment,
  type Experiment,
} from './experiment.ts';

const read = (address: string) => readExperiment(new URLSearchParams(address));

describe('an experiment’s address', () => {
  test('of the usual one is empty, and an empty one is the usual one', () => {
    expect(writeExperiment(usualExperiment)).toBe('');
    expect(read('')).toEqual({ experiment: usualExperiment, problems: [] });
  });
  test('holds all of it: read back, it is the same', () => {
    const experiment: Experiment = {
      seed: 7,
      settings: [
        {
          participants: 30,
          concentration: 0.1,
          dropOut: 0.25,
          strategy: { name: 'fedyogi', options: { lr: 0.05, beta1: 0.9, beta2: 0.99, tau: 0.001 } },
          codec: 'topk:0.05',
          attack: { name: 'signflip', options: { scale: 3 } },
          liars: 0.3,
        },
        { ...usualSetting, strategy: { name: 'median', options: { lr: 1 } }, liars: 0 },
      ],
    };
    expect(read(writeExperiment(experiment))).toEqual({ experiment, problems: [] });
  });
  test('names the second setting by its differences, or by a word where it has none', () => {
    const median = { ...usualSetting, strategy: { name: 'median', options: { lr: 1 } } };
    expect(writeExperiment({ seed: 1, settings: [usualSetting, median] })).toBe('b.strategy=median');
    expect(writeExperiment({ seed: 1, settings: [usualSetting, usualSetting] })).toBe('beside=1');
    expect(read('liars=0.3&b.strategy=median').experiment.settings).toEqual([
      { ...usualSetting, liars: 0.3 },
      { ...median, liars: 0.3 },
    ]);
  });
  test('with parts that are none keeps the usual value there, and says what was expected', () => {
    const { experiment, problems } = read('participants=1&alpha=&strategy=fedsgd&codec=zip&liars=2&seed=x');
    expect(experiment).toEqual(usualExperiment);
    expect(problems).toHaveLength(6);
    expect(problems[0]).toBe('“participants=1” is not used: a whole number from 2 to 50.');
    expect(problems[2]).toMatch(/^There is no strategy “fedsgd”/);
  });
});
