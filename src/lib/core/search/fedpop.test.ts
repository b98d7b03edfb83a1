// A population of settings comes near what is best, by the judgement of several cohorts, and to the same each time.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import { LocalTuning } from '../federation.ts';
import { random, type Random } from '../random.ts';
import { fedpop, type FedpopState } from './fedpop.ts';
import { roundsBeforeChange, tooFewRounds } from './fedpop-rounds.ts';
import { inPlayOf, TuningState, tunerIssues } from './tuned-rounds.ts';
import type { InPlay, TrialReport } from './tuner.ts';

type Choice = Extract<LocalTuning, { by: 'fedpop' }>;
const rates: Choice = { by: 'fedpop', population: 6, learningRate: { least: 0.001, most: 1 } };
const ROUNDS = 40;
const specOf = (seed: number) => exampleSpec({ seed, rules: { maximumRounds: ROUNDS } });
const seeds = Array.from({ length: 20 }, (_, seed) => seed);
/** Standard deviation of what devices measure of one member. */
const NOISE = 0.1;

/** How far a rate is from the best, in powers of ten. */
const BEST = 0.07;
const distance = ({ learningRate }: Pick<InPlay, 'learningRate'>): number =>
  Math.abs(Math.log10(learningRate / BEST));
/** What training by a member changes: a quarter less at best, and next to nothing less from a power of ten away. */
const changeOf = (member: InPlay, draw: Random): number =>
  -0.25 + 0.2 * Math.min(1.2, distance(member)) ** 1.5 + NOISE * draw.normal();

/** The states after each round of so many devices. */
function played(
  choice: Choice,
  seed: number,
  devices: number,
  lossOf: (member: InPlay, draw: Random) => number,
) {
  const spec = specOf(seed);
  const draw = random(seed, 'devices');
  const states: FedpopState[] = [fedpop.first(choice, spec)];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const state = states.at(-1)!;
    const members = fedpop.inPlay(choice, spec, state);
    const reports = Array.from({ length: devices }, (): TrialReport => {
      const settings = draw.below(members.length);
      return { settings, loss: lossOf(members[settings]!, draw), rows: 10 };
    });
    states.push(fedpop.after(choice, spec, state, reports, random(seed, 'round', round)));
  }
  return states;
}

const middle = ({ population }: FedpopState): number => {
  const distances = population.map(distance).toSorted((one, other) => one - other);
  return distances[Math.floor(population.length / 2)]!;
};
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

test('the first members are spread over each range, one in each part, as a person would name them', () => {
  const choice: Choice = { ...rates, localEpochs: { least: 1, most: 3 }, batchSize: { least: 8, most: 64 } };
  const { population } = fedpop.first(choice, specOf(1));
  expect(population.map(({ learningRate }) => Math.floor(2 * Math.log10(learningRate))).toSorted()).toEqual([
    -1, -2, -3, -4, -5, -6,
  ]);
  expect(population.map(({ localEpochs }) => localEpochs).toSorted()).toEqual([1, 1, 2, 2, 3, 3]);
  for (const { batchSize, learningRate } of population) {
    expect(batchSize).toBeGreaterThanOrEqual(8);
    expect(batchSize).toBeLessThanOrEqual(64);
    expect(learningRate).toBe(Number(learningRate.toPrecision(3)));
  }
  // What has no range is the plan's, and another seed makes others.
  expect(fedpop.inPlay(rates, specOf(1), fedpop.first(rates, specOf(1)))).toEqual(
    fedpop.first(rates, specOf(1)).population.map(({ learningRate }) => ({
      learningRate,
      localEpochs: 1,
      batchSize: 10,
      chance: 1 / 6,
    })),
  );
  expect(fedpop.first(rates, specOf(2))).not.toEqual(fedpop.first(rates, specOf(1)));
});

test.each([
  [12, 0.15, 0.4],
  [5, 0.2, 0.55],
])(
  'after 40 rounds of %d devices half of six members lie within %f powers of ten of the best rate on average, and within %f in 20 of 20 seeds',
  (devices, average, most) => {
    const ended = seeds.map((seed) => middle(played(rates, seed, devices, changeOf).at(-1)!));
    const begun = seeds.map((seed) => middle(fedpop.first(rates, specOf(seed))));
    expect(mean(ended)).toBeLessThan(average);
    expect(Math.max(...ended)).toBeLessThan(most);
    expect(mean(begun)).toBeGreaterThan(0.8);
  },
);

test('epochs and batch sizes are found with the rate', () => {
  const choice: Choice = { ...rates, localEpochs: { least: 1, most: 4 }, batchSize: { least: 4, most: 64 } };
  const off = ({ localEpochs, batchSize }: InPlay): number =>
    0.04 * Math.abs(localEpochs - 3) + 0.04 * Math.abs(Math.log2(batchSize / 32));
  const cost = (state: FedpopState, seed: number): number =>
    mean(fedpop.inPlay(choice, specOf(seed), state).map((one) => off(one) + 0.2 * distance(one)));
  const ratios = seeds.map((seed) => {
    const states = played(choice, seed, 12, (member, draw) => changeOf(member, draw) + off(member));
    for (const { localEpochs, batchSize } of states.flatMap(({ population }) => population)) {
      expect([1, 2, 3, 4]).toContain(localEpochs);
      expect(batchSize).toBeGreaterThanOrEqual(4);
      expect(batchSize).toBeLessThanOrEqual(64);
    }
    return cost(states.at(-1)!, seed) / cost(states[0]!, seed);
  });
  // What is left of what the first members cost beyond the best settings.
  expect(mean(ratios)).toBeLessThan(0.4);
  expect(Math.max(...ratios)).toBeLessThan(0.8);
});

test('nobody is replaced before every member was judged in three rounds, however bad one cohort says that it is', () => {
  const spec = specOf(1);
  const report = (settings: number, loss: number): TrialReport => ({ settings, loss, rows: 10 });
  const all = [0, 1, 2, 3, 4, 5];
  /** The last member undoes what it is given; a device of the others is left out in the first round. */
  const round = (members: readonly number[], state: FedpopState) =>
    fedpop.after(
      rates,
      spec,
      state,
      members.map((at) => report(at, at === 5 ? 1 : -0.1 - 0.01 * at)),
      random(1, 'round'),
    );
  const rules = (state: FedpopState) => state.population.map(({ learningRate }) => learningRate);
  const first = fedpop.first(rates, spec);
  let state = round([0, 1, 2, 3, 5], first);
  for (let more = 0; more < 2; more += 1) state = round(all, state);
  // Three rounds, but one member was in two of them.
  expect(state.population.map(({ cohorts }) => cohorts)).toEqual([3, 3, 3, 3, 2, 3]);
  expect(rules(state)).toEqual(rules(first));
  const evolved = round(all, state);
  // The two worst: the one that undoes, and the one that helped least.
  expect(rules(evolved).map((rate, at) => rate === rules(first)[at])).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(evolved.population.map(({ cohorts }) => cohorts)).toEqual([0, 4, 4, 4, 3, 0]);
  expect(evolved).toEqual(round(all, state));
  expect(fedpop.told(evolved)).toMatchObject({
    population: rules(evolved).map((learningRate, at) => ({
      learningRate,
      cohorts: evolved.population[at]!.cohorts,
    })),
  });
});

test('a round that tells none from another moves nothing, and what is no number is left out', () => {
  const spec = specOf(1);
  const state = fedpop.first(rates, spec);
  const after = (...reports: TrialReport[]) => fedpop.after(rates, spec, state, reports, random(1, 'round'));
  expect(after()).toBe(state);
  expect(after({ settings: 1, loss: -1, rows: 10 }, { settings: 1, loss: 1, rows: 10 })).toBe(state);
  expect(after({ settings: 1, loss: NaN, rows: 10 }, { settings: 2, loss: 1, rows: 10 })).toBe(state);
  expect(after({ settings: 1, loss: 0, rows: 0 }, { settings: 2, loss: 1, rows: 10 })).toBe(state);
  // Members that do alike are no worse than each other.
  const alike = played(rates, 1, 12, () => -0.1);
  expect(alike.at(-1)?.population.map(({ learningRate }) => learningRate)).toEqual(
    alike[0]?.population.map(({ learningRate }) => learningRate),
  );
});

test('what a run keeps of its rounds is read again, and a choice that is none is refused with the reason', () => {
  const spec = exampleSpec({ tuning: rates });
  const state = played(rates, 3, 12, changeOf).at(-1)!;
  const kept = v.parse(TuningState, JSON.parse(JSON.stringify(state)));
  expect(inPlayOf(spec, kept)?.map(({ learningRate }) => learningRate)).toEqual(
    state.population.map(({ learningRate }) => learningRate),
  );
  const refused = (choice: Partial<Choice>, change: Parameters<typeof exampleSpec>[0] = {}) =>
    tunerIssues({ by: 'fedpop', population: 6, ...choice }, exampleSpec(change));
  expect(refused({ learningRate: { least: 0.1, most: 1 } })).toEqual([]);
  expect(refused({})).toMatchObject([
    { path: 'tuning.learningRate', message: expect.stringContaining('no choice') },
  ]);
  expect(refused({ batchSize: { least: 10, most: 10 } })).toMatchObject([
    { path: 'tuning.batchSize', message: expect.stringContaining('there is nothing') },
  ]);
  expect(
    refused({ learningRate: { least: 0.1, most: 1 } }, { rules: { goal: 1, minimum: 1 } }),
  ).toMatchObject([{ path: 'tuning.population', message: expect.stringContaining('at least 2') }]);
});

test('members whose devices never end in time are replaced after a while, and hold nobody up', () => {
  const spec = specOf(3);
  const first = fedpop.first(rates, spec);
  // Above a rate of 0.1 training is never told of.
  const isLost = ({ learningRate }: Pick<InPlay, 'learningRate'>): boolean => learningRate > 0.1;
  expect(first.population.some(isLost)).toBe(true);
  let state = first;
  const draw = random(3, 'devices');
  const generations: number[] = [];
  for (let round = 1; round <= 80; round += 1) {
    const members = fedpop.inPlay(rates, spec, state);
    const reports = members.flatMap((member, settings): TrialReport[] =>
      isLost(member) ? [] : [{ settings, loss: changeOf(member, draw), rows: 10 }],
    );
    state = fedpop.after(rates, spec, state, reports, random(3, 'round', round));
    generations.push(state.population.filter(isLost).length);
  }
  expect(generations[0]).toBe(first.population.filter(isLost).length);
  expect(generations.at(-1)).toBeLessThan(generations[0]!);
});

test('whoever plans fewer rounds than judge all members three times is told about how many those are', () => {
  // Medians of 2,000 draws: 16, 5, 12 and 47 rounds. One device a round judges one of 8, and none is waited for longer than 6 · 8 rounds.
  const asked = [
    [6, 2],
    [6, 10],
    [8, 4],
    [20, 3],
    [8, 1],
    [4, 10_000],
  ] as const;
  expect(asked.map(([population, goal]) => roundsBeforeChange(population, goal))).toEqual([
    16, 5, 12, 46, 43, 3,
  ]);
  const spec = (maximumRounds: number) => ({
    ...exampleSpec({ rules: { goal: 2, minimum: 1, maximumRounds } }),
    tuning: rates,
  });
  expect(tooFewRounds(spec(16))).toMatch(
    /^Each of 6 settings .* about 16 rounds of 2 devices, and 16 are planned/,
  );
  expect(tooFewRounds(spec(17))).toBeUndefined();
  expect(tooFewRounds(exampleSpec())).toBeUndefined();
});
