// The laboratory: a whole federation by the server's own rounds, and its result is a matter of its seed alone.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import type { FederationSpec } from '#lib/core/federation.ts';
import { roundsWithin } from '#lib/core/privacy/loss-account.ts';
import { random } from '#lib/core/random.ts';
import { register } from '../../server/commands/simulate.ts';
import { augmentOption, privacyOf } from '../../server/simulate/flags.ts';
import {
  spokenLine,
  type ReferencesLine,
  type ResultLine,
  type RoundLine,
  type SimulationLine,
} from '../../server/simulate/lines.ts';
import type { SimulationSetup } from '../../server/simulate/setup.ts';
import { simulate, type SimulationOptions } from '../../server/simulate/simulate.ts';
import { heartLikeTable } from '../support/heart-like-table.ts';
import { smallSetup } from '../support/small-simulation.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-laboratory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Twenty participants with 30 drawn digits each, ten a round, a small network. */
const setup: SimulationSetup = {
  ...smallSetup,
  data: { type: 'sample', sample: 'drawn-digits', rows: 30 },
  model: 'mlp:16',
  participants: 20,
  learningRate: 0.2,
  partition: 'dirichlet:0.5',
  rounds: 4,
};

interface Run {
  readonly rounds: readonly RoundLine[];
  readonly result: ResultLine;
  readonly references: ReferencesLine | undefined;
}

async function run(change: Partial<SimulationSetup>, options: Partial<SimulationOptions> = {}): Promise<Run> {
  const lines: SimulationLine[] = [];
  await simulate({
    begin: { ...setup, ...change },
    processes: 1,
    onLine: (line) => lines.push(line),
    ...options,
  }).done;
  const result = lines.find((line) => line.type === 'result');
  if (result === undefined) throw new Error('The simulation did not come to its end.');
  return {
    rounds: lines.filter((line) => line.type === 'round'),
    result,
    references: lines.find((line) => line.type === 'references'),
  };
}

/** What happens to devices besides training: drop-outs, unequal speeds, day and night, and a strategy and a codec that remember. */
const eventful: Partial<SimulationSetup> = {
  rounds: 5,
  dropout: 0.2,
  speeds: 'heavy-tailed',
  availability: 'day-night',
  strategy: { name: 'fedyogi', options: { lr: 0.03, beta1: 0.9, beta2: 0.99, tau: 0.001 } },
  uplink: 'topk:0.2',
  participants: 40,
  cohort: 0.2,
};

test('the learning rate of devices is tuned in the rounds themselves: the better one is drawn more with each, by any number of threads', async () => {
  const tuned: Partial<SimulationSetup> = {
    data: { type: 'sample', sample: 'drawn-digits', rows: 60 },
    participants: 12,
    cohort: 1,
    partition: 'iid',
    rounds: 3,
    tunedRates: [0.001, 0.1],
  };
  const { rounds, result } = await run(tuned);
  expect(rounds.map(({ tuning }) => tuning?.map(({ rate }) => rate))).toEqual(rounds.map(() => [0.001, 0.1]));
  const better = rounds.map(({ tuning }) => tuning?.[1]?.chance ?? 0);
  expect(better.toSorted((one, other) => one - other)).toEqual(better);
  expect(better.at(-1)).toBeGreaterThan(0.7);
  expect((await run(tuned, { processes: 2 })).result).toEqual(result);
  const privacy = { type: 'central', clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 } as const;
  await expect(run({ ...tuned, privacy })).rejects.toThrow(/^--tune-learning-rate: .*no noise covers/);
});

test('a population of rates between two ends beats a rate that was badly chosen, and FedEx over a coarse list of the same ends', async () => {
  const lossBy = async (change: Partial<SimulationSetup>) => {
    const { result, rounds } = await run({
      data: { type: 'sample', sample: 'drawn-digits', rows: 60 },
      model: 'softmax-regression',
      participants: 12,
      cohort: 1,
      partition: 'iid',
      rounds: 12,
      evaluateEvery: 12,
      ...change,
    });
    return { loss: result.metrics.loss!, rates: rounds.map(({ tuning }) => tuning?.map(({ rate }) => rate)) };
  };
  const bad = await lossBy({ learningRate: 0.003 });
  const coarse = await lossBy({ tunedRates: [0.003, 0.05, 1] });
  const evolved = await lossBy({ evolvedRates: { least: 0.003, most: 1, population: 6 } });
  expect(evolved.loss).toBeLessThan(bad.loss / 2);
  expect(evolved.loss).toBeLessThan(coarse.loss);
  // The rates of the line are those that the next round has in play.
  expect(evolved.rates[0]).toHaveLength(6);
  expect(Math.max(...evolved.rates.at(-1)!)).toBeLessThan(Math.max(...evolved.rates[0]!));
});

test('devices that never train judge each version by their own rows, to the same bytes by any number of threads', async () => {
  const apart = { participants: 12, rounds: 2, dropout: 0.2, heldOutDevices: 0.3 };
  const { rounds, result } = await run(apart);
  expect(rounds.filter(({ version }) => version !== null)).toHaveLength(2);
  for (const { neverTrained, version } of rounds)
    if (version !== null) expect(neverTrained?.accuracy).toBeGreaterThan(0);
  expect(result.neverTrained).toEqual(rounds.at(-1)?.neverTrained);
  expect(result.neverTrained).not.toEqual(result.metrics);
  expect((await run(apart, { processes: 2 })).result).toEqual(result);
  await expect(run({ ...apart, strategy: { name: 'fltrust', options: { lr: 1 } } })).rejects.toThrow(
    /^--held-out-devices: the root/,
  );
});

test('devices that never train judge what they make of each version for themselves, and no version has to do with it', async () => {
  // Each device has two classes of ten or so: no head suits all.
  const apart = {
    data: { type: 'sample', sample: 'drawn-digits', rows: 60 },
    partition: 'shards:2',
    participants: 10,
    heldOutDevices: 0.3,
    rounds: 2,
    localEpochs: 3,
    personalisation: { type: 'fedper', layers: 1 },
  } satisfies Partial<SimulationSetup>;
  const { rounds, result } = await run(apart);
  expect(result.ownOfNeverTrained).toEqual(rounds.at(-1)?.ownOfNeverTrained);
  expect(result.ownOfNeverTrained!.accuracy!).toBeGreaterThan(result.neverTrained!.accuracy! + 0.2);
  // Where the first version is judged by nobody the second has the same bytes, by any number of threads.
  const unjudged = await run({ ...apart, evaluateEvery: 2 }, { processes: 2 });
  expect(unjudged.rounds[0]).not.toHaveProperty('ownOfNeverTrained');
  expect(unjudged.result).toEqual(result);
  await expect(run({ ...apart, references: 2 })).rejects.toThrow(/^--references: .*--personal/);
  // Those that train judge by rows that they hold out, apart from the others: each knows two classes alone.
  expect(result.tookPart).not.toEqual(result.neverTrained);
  expect(result.ownOfTookPart!.accuracy!).toBeGreaterThan(result.tookPart!.accuracy! + 0.2);
  const { heldOutDevices: _, ...without } = apart;
  for (const personalisation of [
    { type: 'ditto', lambda: 0.1 },
    { type: 'finetune', epochs: 2 },
  ] as const) {
    const alone = (await run({ ...without, personalisation })).result;
    expect(alone).not.toHaveProperty('neverTrained');
    expect(alone.ownOfTookPart!.accuracy!).toBeGreaterThan(alone.tookPart!.accuracy!);
  }
});

test('devices prepare rows by a recipe fitted to sums over all of them, and what is no table is not prepared', async () => {
  const patients: Partial<SimulationSetup> = {
    data: { type: 'sample', sample: 'patient-cohort', rows: 20 },
    model: 'softmax-regression',
    participants: 6,
    cohort: 1,
    rounds: 2,
  };
  const plain = await run(patients);
  const prepared = await run({ ...patients, recipe: 'usual' });
  expect(prepared.result.versionDigest).not.toBe(plain.result.versionDigest);
  const begun: FederationSpec[] = [];
  const onBegin = (spec: FederationSpec) => void begun.push(spec);
  expect((await run({ ...patients, recipe: 'usual' }, { onBegin })).result).toEqual(prepared.result);
  // Whoever never trains says nothing of how rows are prepared either.
  await run({ ...patients, recipe: 'usual', heldOutDevices: 0.5 }, { onBegin });
  const [all, some] = begun.map(({ recipe }) => recipe);
  expect(all?.from).toBe('sums over the rows of 6 simulated devices');
  expect(some?.from).toMatch(/^sums over the rows of [1-5] simulated devices$/);
  expect(some?.digest).not.toBe(all?.digest);
  await expect(run({ ...patients, recipe: '{}' })).rejects.toThrow(/--recipe: the file holds no recipe/);
  await expect(run({ ...patients, recipe: 'usual', model: 'boosted-trees' })).rejects.toThrow(
    /--recipe: Boosted trees are learnt from sums/,
  );
  await expect(run({ recipe: 'usual' })).rejects.toThrow(/--recipe: .*--data is none/);
});

test('devices that share no word learn of their texts together, as one that has all of them', async () => {
  const good = ['moving', 'superb', 'tender', 'bright'];
  const poor = ['tedious', 'dull', 'clumsy', 'stale'];
  const filler = 'the film has a plot and some actors who speak of it at length in a room'.split(' ');
  const draw = random(4, 'reviews');
  const of = (words: readonly string[]): string => words[draw.below(words.length)]!;
  const lines = Array.from({ length: 240 }, (_, row) => {
    const told = row % 2 === 0 ? good : poor;
    const words = Array.from({ length: 12 }, (_one, at) => (at % 4 === 0 ? of(told) : of(filler)));
    return `${row % 2 === 0 ? 'pos' : 'neg'},"${words.join(' ')}"`;
  });
  const path = join(folder, 'reviews.csv');
  writeFileSync(path, ['label,text', ...lines].join('\n'));
  const texts: Partial<SimulationSetup> = {
    data: { type: 'paths', paths: [path] },
    model: 'softmax-regression',
    recipe: JSON.stringify({
      format: 'tributary-recipe',
      version: 1,
      steps: [{ step: 'hashed-terms', buckets: 128 }],
    }),
    cohort: 1,
    partition: 'iid',
    rounds: 2,
  };
  const begun: FederationSpec[] = [];
  const onBegin = (spec: FederationSpec) => void begun.push(spec);
  const eight = await run({ ...texts, participants: 8 }, { onBegin });
  const one = await run({ ...texts, participants: 1 }, { onBegin });
  expect(eight.result.metrics?.accuracy).toBe(1);
  expect(one.result.metrics?.accuracy).toBe(1);
  // The weights of the sum over eight are those of all rows in one place.
  expect(begun[0]?.recipe?.text).toBe(begun[1]?.recipe?.text);
  expect(begun[0]?.recipe?.columns).toEqual([{ type: 'hashed', name: 'text', buckets: 128 }]);
  // No word stands in what all devices are sent.
  expect(JSON.stringify(begun[0])).not.toMatch(/tedious|superb/);
});

test('pictures are varied on the devices, to the same bytes each time, and what are no pictures are not', async () => {
  const few: Partial<SimulationSetup> = { participants: 4, rounds: 2 };
  const plain = await run(few);
  const augmentation = augmentOption('shift=0.125,turn=10')!;
  const varied = await run({ ...few, augmentation });
  expect(varied.result.versionDigest).not.toBe(plain.result.versionDigest);
  expect((await run({ ...few, augmentation }, { processes: 2 })).result).toEqual(varied.result);
  await expect(
    run({ ...few, augmentation, data: { type: 'sample', sample: 'patient-cohort', rows: 30 } }),
  ).rejects.toThrow(
    /^--augment: Pictures can be mirrored.+ and rows cannot: leave plan.augmentation away\.$/,
  );
});

describe('references', () => {
  const held = async (change: Partial<SimulationSetup>, processes = 1) =>
    (await run({ references: 4, ...change }, { processes })).references;
  test('tell that federating helps where devices hold few digits each, to the same bytes by any number of threads', async () => {
    const one = await held({ rounds: 8 });
    expect(one).toMatchObject({
      figure: 'accuracy',
      testRows: 400,
      // Half of the devices a round: in one place half as many passes.
      pooled: { passes: 4 },
      alone: { devices: 4, of: 20, passes: 8 },
      verdict: 'federating helps',
    });
    expect(await held({ rounds: 8 }, 2)).toEqual(one);
    expect(one && spokenLine(one, 'accuracy', 8)).toMatch(
      /federated \d.*pooled, all rows in one place, \d.*alone, 4 of 20 devices, mean [^]*Federating helps: /,
    );
  });
  test('tell that one device is enough where it has plenty of rows of its own', async () => {
    expect(
      await held({
        data: { type: 'sample', sample: 'patient-cohort', rows: 1500 },
        model: 'softmax-regression',
        learningRate: 0.02,
        partition: 'iid',
        participants: 4,
        cohort: 1,
      }),
    ).toMatchObject({ alone: { devices: 4, of: 4 }, verdict: 'one device is enough' });
  });
  test('are not for sums, nor for rates that are tried', async () => {
    const table: Partial<SimulationSetup> = {
      data: { type: 'sample', sample: 'patient-cohort', rows: 6 },
      partition: 'iid',
    };
    await expect(held({ ...table, model: 'k-means' })).rejects.toThrow(/^--references: sums over the rows/);
    await expect(held({ tunedRates: [0.1, 0.2] })).rejects.toThrow(/^--references: .*--tune-learning-rate/);
  });
});

describe('privacy', () => {
  test('ends a run whose participants have spent their budget, by the noise of the server or of the devices', async () => {
    // One Gaussian release with z 2 at δ 10⁻⁵ costs ε 1.99, two cost 3.01.
    for (const type of ['central', 'local'] as const) {
      const privacy = { type, clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 3.1 };
      const { result, rounds } = await run({ privacy, cohort: 1, rounds: 9, participants: 10 });
      expect(result.rounds, type).toBe(2);
      expect(result.outcome, type).toMatch(/privacy budget .* is spent/);
      expect(rounds.every((line) => line.metrics?.accuracy !== undefined)).toBe(true);
      expect(result.metrics.accuracy).toBe(rounds.at(-1)?.metrics?.accuracy);
    }
  });

  test('whose cohort is drawn by chance expects that share, takes whoever is drawn, and spends less for it', async () => {
    // q ½ of 10 devices at z 2: two rounds cost everybody less than the two of above.
    const privacy = {
      type: 'central' as const,
      clipNorm: 0.5,
      noiseMultiplier: 2,
      delta: 1e-5,
      epsilon: 3.1,
      samplingRate: 0.5,
    };
    const { result, rounds } = await run({ privacy, rounds: 20, participants: 10 });
    expect(result.outcome).toMatch(/privacy budget .* is spent/);
    expect(result.rounds).toBe(roundsWithin(privacy));
    expect(result.rounds).toBeGreaterThan(2);
    expect(new Set(rounds.map((line) => line.participants)).size).toBeGreaterThan(1);
    expect(rounds.some((line) => line.bytesUp > 0)).toBe(true);
  });

  test('is asked for in words', () => {
    expect(privacyOf('central:clip=0.5,noise=2,rate=0.1')).toMatchObject({ samplingRate: 0.1 });
    expect(privacyOf('central:clip=0.5,noise=2,quantile=0.5')).toEqual({
      type: 'central',
      clipNorm: 0.5,
      noiseMultiplier: 2,
      delta: 1e-5,
      epsilon: 10_000,
      followQuantile: 0.5,
    });
    expect(privacyOf('none')).toEqual({ type: 'none' });
    for (const wrong of [
      'central',
      'central:clip=0.5',
      'central:clip=0.5,noise=0',
      'other:clip=1,noise=1',
      'central:clip=1,noise=1,sigma=2',
    ])
      expect(() => privacyOf(wrong), wrong).toThrow(/Write central or local/);
  });
});

describe('the seed alone decides', () => {
  test('one thread and two make the same lines and the same version', async () => {
    const one = await run(eventful);
    expect(await run(eventful, { processes: 2 })).toEqual(one);
    expect(one.rounds.filter((line) => line.version !== null).length).toBe(5);
  });

  test.each([
    ['FedYogi, residuals up and differences down', { downlink: 'eden:4' }],
    [
      'SCAFFOLD, its controls and references',
      {
        strategy: { name: 'scaffold', options: { lr: 1 } },
        uplink: 'f32',
        cohort: 0.4,
        rounds: 4,
        references: 2,
      },
    ],
    [
      'privacy, its ledger, its noise and a clip norm that follows',
      {
        privacy: {
          type: 'central' as const,
          clipNorm: 0.3,
          followQuantile: 0.5,
          noiseMultiplier: 0.5,
          delta: 1e-5,
          epsilon: 1000,
        },
        strategy: { name: 'fedavg', options: { lr: 1 } },
        uplink: 'f32',
        rounds: 4,
      },
    ],
    [
      'a cohort that is drawn by chance',
      {
        privacy: {
          type: 'central' as const,
          clipNorm: 0.3,
          noiseMultiplier: 1,
          delta: 1e-5,
          epsilon: 1000,
          samplingRate: 0.4,
        },
        strategy: { name: 'fedavg', options: { lr: 1 } },
        uplink: 'f32',
        rounds: 4,
      },
    ],
    ['rates that are tried', { tunedRates: [0.03, 0.1], uplink: 'f32', rounds: 4 }],
    ['FLTrust and its root', { strategy: { name: 'fltrust', options: { lr: 1 } }, uplink: 'f32', rounds: 4 }],
  ])('killed after any round it goes on to the same version: %s', async (name, change) => {
    const states: string[] = [];
    const lines: SimulationLine[] = [];
    const kept = join(folder, `kept ${name}`);
    await simulate({
      begin: { ...setup, ...eventful, ...change },
      processes: 1,
      state: kept,
      keepEveryMs: 0,
      onLine(line) {
        // The file holds the round before this line's: what a kill at this moment leaves.
        if (line.type === 'round' && line.version !== null && line.version > 1) {
          const copy = join(folder, `${name} after ${line.version - 1}`);
          copyFileSync(kept, copy);
          states.push(copy);
        }
        lines.push(line);
      },
    }).done;
    for (const resume of [states[0], states[2]]) {
      if (resume === undefined) throw new Error('There is no such state.');
      const rest: SimulationLine[] = [];
      await simulate({ begin: { resume }, processes: 1, onLine: (line) => rest.push(line) }).done;
      expect(rest).toEqual(lines.slice(-rest.length));
      expect(rest.length).toBeGreaterThan(1);
    }
  });

  test('another seed makes another version', async () => {
    const one = await run({ rounds: 1 });
    expect((await run({ rounds: 1 })).result.versionDigest).toBe(one.result.versionDigest);
    expect((await run({ rounds: 1, seed: 8 })).result.versionDigest).not.toBe(one.result.versionDigest);
  });

  test('a state file that was altered, and one of other data, are refused', async () => {
    const rows = join(folder, 'rows.csv');
    const table = (label: string): string =>
      [
        'age,weight,ill',
        ...Array.from(
          { length: 60 },
          (_, row) => `${20 + row},${50 + (row % 30)},${row % 2 === 0 ? label : 'no'}`,
        ),
      ].join('\n');
    writeFileSync(rows, table('yes'));
    const state = join(folder, 'table');
    const ofTable: Partial<SimulationSetup> = {
      data: { type: 'paths', paths: [rows] },
      label: 'ill',
      model: null,
      participants: 4,
      cohort: 1,
      partition: 'iid',
      rounds: 2,
    };
    const made = await run(ofTable, { state });
    expect(made.result.metrics.accuracy).toBeTypeOf('number');
    const again = await run({}, { begin: { resume: state } });
    expect(again.result).toEqual(made.result);

    writeFileSync(rows, table('ill'));
    await expect(run({}, { begin: { resume: state } })).rejects.toThrow(
      '--resume: the data is not what the simulation was begun with',
    );
    const bytes = readFileSync(state);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(state, bytes);
    await expect(run({}, { begin: { resume: state } })).rejects.toThrow('it is damaged');
  });
});

describe('what happens to a round', () => {
  test('without drop-outs everybody counts; with certain ones nobody is left and the run ends', async () => {
    const [first, second] = (await run({ rounds: 2 })).rounds;
    expect(first).toMatchObject({ participants: 10, dropped: 0, version: 1 });
    // Ten deltas of 12,730 parameters (784 · 16 + 16 + 16 · 10 + 10), four bytes each.
    expect(first?.bytesUp).toBe(10 * 12_730 * 4);
    // Version 0 is made of the seed on each device; the next is downloaded.
    expect([first?.bytesDown, second?.bytesDown]).toEqual([0, 10 * 12_730 * 4]);
    await expect(run({ rounds: 1, dropout: 1 })).rejects.toThrow(/10 rounds in a row made no version/);
  });

  test('three in ten of twenty devices drop out of each round, and the run comes to its eighth version all the same', async () => {
    const { rounds, result } = await run({ cohort: 1, dropout: 0.3, rounds: 8 });
    const made = rounds.filter(({ version }) => version !== null);
    expect(made.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const lost = made.reduce((sum, { dropped }) => sum + dropped, 0);
    const asked = made.reduce((sum, { participants, dropped }) => sum + participants + dropped, 0);
    expect(lost / asked).toBeGreaterThan(0.15);
    expect(result.metrics['accuracy']).toBeGreaterThan(0.7);
  });

  test('the largest quarter in eight bits is an eighth of the bytes and less, for no more than a point of accuracy', async () => {
    const change: Partial<SimulationSetup> = { cohort: 1, rounds: 12, partition: 'iid' };
    const whole = (await run(change)).result;
    const small = (await run({ ...change, uplink: 'topk8:0.25' })).result;
    expect(whole.bytesUpPerParticipant / small.bytesUpPerParticipant).toBeGreaterThan(8);
    expect(small.metrics['accuracy']).toBeGreaterThanOrEqual(whole.metrics['accuracy']! - 0.01);
    expect(whole.metrics['accuracy']).toBeGreaterThan(0.9);
  });

  test('uneven speeds take longer, and the deadline leaves the slowest behind', async () => {
    const even = await run({ cohort: 1, rounds: 1 });
    const uneven = await run({ cohort: 1, rounds: 1, speeds: 'heavy-tailed' });
    // 30 rows each on average at 1,000 a second; the slowest of twenty is several times slower than the middle.
    expect(even.result.simulatedSeconds).toBeLessThan(0.2);
    expect(uneven.result.simulatedSeconds).toBeGreaterThan(even.result.simulatedSeconds);
  });

  test('slow devices that are left out are told of, no round waits for them, and too few others are refused', async () => {
    // 30 rows each at 1,000 a second in the middle: 30 ms, and a hundredth of 5 s is 50 ms.
    const slow = {
      speeds: 'heavy-tailed',
      partition: 'iid',
      cohort: 0.3,
      rounds: 2,
      deadlineSeconds: 5,
    } as const;
    const lines: SimulationLine[] = [];
    await simulate({
      begin: { ...setup, ...slow, deadlineShare: 0.01 },
      processes: 1,
      onLine: (line) => lines.push(line),
    }).done;
    const notes = lines.flatMap((line) => (line.type === 'note' ? [line.message] : []));
    expect(notes).toEqual(['11 of 20 devices would train longer than 0.01 of 5 s, and are left out.']);
    const seconds = lines.flatMap((line) => (line.type === 'result' ? [line.simulatedSeconds] : []));
    expect(seconds[0]).toBeLessThanOrEqual(2 * 0.05);
    expect((await run(slow)).result.simulatedSeconds).toBeGreaterThan(2 * 0.05);
    await expect(run({ ...slow, deadlineShare: 0.01, localEpochs: 20 })).rejects.toThrow(
      /--deadline-share 0.01: 20 of 20 devices .* Use a larger share/,
    );
  });

  test('the run ends at the version that reaches its target', async () => {
    const { rounds, result } = await run({ rounds: 30, metric: { name: 'accuracy', target: 0.5 } });
    expect(rounds.at(-1)?.metrics?.accuracy).toBeGreaterThanOrEqual(0.5);
    for (const round of rounds.slice(0, -1)) expect(round.metrics?.accuracy).toBeLessThan(0.5);
    expect(result.rounds).toBe(rounds.length);
    expect(result.outcome).toContain('reached its target');
  });

  test('a model with normalisation learns, and its running statistics are averaged like weights', async () => {
    const { rounds } = await run({ model: 'mlp:16,bn', partition: 'iid', rounds: 6, localEpochs: 4 });
    expect(rounds.at(-1)?.metrics?.accuracy).toBeGreaterThan(0.6);
  });

  test('versions are scored as often as asked, and the last one always', async () => {
    const { rounds } = await run({ rounds: 5, evaluateEvery: 2 });
    expect(rounds.map((round) => round.metrics !== null)).toEqual([false, true, false, true, true]);
  });
});

describe('asynchronous rounds', () => {
  const buffered: Partial<SimulationSetup> = {
    mode: { type: 'asynchronous', concurrency: 12 },
    strategy: { name: 'fedbuff', options: { lr: 1, maxstaleness: 20 } },
    cohort: 0.2,
    speeds: 'heavy-tailed',
    rounds: 8,
  };

  test('the seed alone decides, with devices that leave and come back to what they were asked', async () => {
    const change: Partial<SimulationSetup> = {
      ...buffered,
      mode: { type: 'asynchronous', concurrency: 6 },
      participants: 6,
      cohort: 0.5,
      dropout: 0.5,
      deadlineSeconds: 600,
      uplink: 'eden:4',
      downlink: 'eden:4',
    };
    const one = await run(change);
    expect(await run(change, { processes: 2 })).toEqual(one);
    expect(one.rounds.map(({ version, participants }) => [version, participants])).toEqual(
      Array.from({ length: 8 }, (_, index) => [index + 1, 3]),
    );
    // Training takes a fraction of a second, and whoever leaves stays away for at least 30.
    expect(one.result.simulatedSeconds).toBeGreaterThan(30);
    expect(Math.max(...one.rounds.map(({ staleness }) => staleness ?? NaN))).toBeGreaterThan(0);
  });

  test('no version waits for the slowest, and updates are as stale as versions were made meanwhile', async () => {
    const { rounds, result } = await run(buffered);
    expect(rounds[0]?.staleness).toBe(0);
    // Twelve train at once and four fill a buffer: while one trains, the others fill about two more.
    expect(Math.max(...rounds.map(({ staleness }) => staleness ?? NaN))).toBeGreaterThanOrEqual(1);
    const strategy = { name: 'fedavg', options: { lr: 1 } };
    const waiting = await run({ ...buffered, mode: { type: 'synchronous' }, strategy });
    expect(waiting.rounds[0]).not.toHaveProperty('staleness');
    expect(result.simulatedSeconds).toBeLessThan(0.5 * waiting.result.simulatedSeconds);
    expect(result.bytesUpPerParticipant).toBe(waiting.result.bytesUpPerParticipant);
  });

  test('the run ends at the version that reaches its target', async () => {
    const metric = { name: 'accuracy' as const, target: 0.4 };
    const { rounds, result } = await run({ ...buffered, metric, rounds: 100, localEpochs: 4 });
    expect(result.outcome).toContain('reached its target');
    expect(rounds.at(-1)?.metrics?.accuracy).toBeGreaterThanOrEqual(0.4);
    expect(rounds.length).toBeLessThan(100);
  });

  test('keep no state, since some device always trains', async () => {
    await expect(run(buffered, { state: join(folder, 'buffered') })).rejects.toThrow(
      /^--state: it is written/,
    );
  });
});

describe('hostile devices', () => {
  const signFlip: Partial<SimulationSetup> = {
    cohort: 1,
    partition: 'iid',
    localEpochs: 4,
    rounds: 3,
    attack: { name: 'signflip', options: { scale: 5 } },
    attackers: 0.2,
  };

  test('a fifth that flips signs breaks the mean', async () => {
    expect((await run(signFlip)).result.metrics.accuracy).toBeLessThan(0.25);
  });

  test.each([
    { name: 'median', options: { lr: 1 } },
    { name: 'multikrum', options: { bad: 0.2, lr: 1 } },
    { name: 'fltrust', options: { lr: 1 } },
  ])('$name stands it', async (strategy) => {
    expect((await run({ ...signFlip, strategy })).result.metrics.accuracy).toBeGreaterThan(0.5);
  });

  test('model replacement opens a backdoor in the mean, and how far is told; without it nothing is', async () => {
    const replacement = {
      ...signFlip,
      attack: {
        name: 'replacement',
        options: { scale: 0, target: 3, share: 0.5, patch: 3, feature: 0, value: 5 },
      },
    };
    const { rounds } = await run(replacement);
    expect(rounds.at(-1)?.backdoor).toBeGreaterThan(0.7);
    expect((await run({ rounds: 1 })).rounds[0]).not.toHaveProperty('backdoor');
  });

  test('an attack that knows the honest updates breaks the mean too, through a codec', async () => {
    const ipm = { attack: { name: 'ipm', options: { epsilon: 10 } }, uplink: 'eden:4' };
    expect((await run({ ...signFlip, ...ipm })).result.metrics.accuracy).toBeLessThan(0.25);
  });
});

describe('what cannot be meant is refused in a sentence that names the flag', () => {
  const refusal = async (flags: string): Promise<string> => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    register(program);
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    const words = flags.split(' ').filter((word) => word !== '');
    const failure: unknown = await program.parseAsync(['node', 'tributary', 'simulate', ...words]).then(
      () => undefined,
      (error: unknown) => error,
    );
    return failure instanceof Error ? failure.message : 'It was not refused.';
  };

  test.each([
    ['', '--data', 'sample'],
    ['--data /there/is/nothing', '--data', 'there is nothing at'],
    ['--data sample:letters', '--data', 'sample:300'],
    ['--data sample:6 --model forest', '--model', 'softmax-regression, linear-regression, mlp'],
    ['--data sample:6 --model softmax-regression:bn', '--model', 'no hidden layers'],
    ['--data sample:6 --model mlp:0', '--model', 'whole numbers from 1'],
    ['--data sample:6 --model linear-regression', '--model', 'does not suit'],
    ['--data sample:6 --model boosted-trees', '--model', 'Boosted trees take tables'],
    ['--data sample:patient-cohort:6 --model boosted-trees:stages=0', '--model', 'boosted-trees: stages'],
    ['--data sample:6 --model k-means:many', '--model', 'k-means:8'],
    ['--data sample:6 --model k-means --learning-rate 0.1 --batch 5', '--learning-rate', 'leave out --batch'],
    ['--data sample:6 --model k-means --strategy fedavg:lr=0.5', '--strategy', 'a way of their own'],
    ['--data sample:6 --model k-means --uplink q8', '--uplink', 'exact sums'],
    ['--data sample:6 --model k-means --guard 3', '--guard', 'take the guard away'],
    ['--data sample:6 --model k-means --target accuracy>=0.9', '--target', 'clusters'],
    ['--data sample:6 --model k-means --attack signflip --attackers 0.2', '--attack', 'labelflip'],
    ['--data sample:6 --participants 10001', '--participants', 'from 1 to 10000'],
    ['--data sample:6 --cohort 0', '--cohort', 'above 0 to 1'],
    ['--data sample:6 --tune fedpop', '--tune', 'add --tune-learning-rate 0.001..1'],
    ['--data sample:6 --tune fedpop --tune-learning-rate 0.1,1', '--tune-learning-rate', 'write 0.1..1'],
    ['--data sample:6 --tune-learning-rate 0.1..1', '--tune-learning-rate', 'add --tune fedpop'],
    ['--data sample:6 --local-epochs 1.5', '--local-epochs', 'whole number'],
    ['--data sample:6 --batch 0', '--batch', 'from 1 to 4096'],
    ['--data sample:6 --learning-rate fast', '--learning-rate', 'A number above 0'],
    ['--data sample:6 --optimizer adagrad', '--optimizer', 'sgd, sgd:momentum=0.9'],
    ['--data sample:6 --proximal -1', '--proximal', 'from 0 to 100'],
    ['--data sample:6 --partition halves', '--partition', 'Use iid, shards'],
    ['--data sample:patient-cohort:6 --partition labels:3', '--partition', 'labels:3'],
    ['--data sample:6 --strategy best', '--strategy', 'Use one of fedavg'],
    ['--data sample:6 --strategy fedyogi:lr=100', '--strategy', 'from'],
    ['--data sample:6 --participants 20 --strategy multikrum', '--strategy', '--cohort'],
    ['--data sample:6 --strategy fednova --optimizer adam', '--strategy', 'not Adam'],
    ['--data sample:6 --guard loud', '--guard', 'off, or a number from 1'],
    ['--data sample:6 --uplink zip', '--uplink', 'Use one of f32'],
    ['--data sample:6 --attack shout', '--attack', 'Use one of labelflip'],
    ['--data sample:6 --attack signflip', '--attackers', 'share'],
    ['--data sample:6 --attackers 0.2', '--attack', 'signflip:scale=5'],
    ['--data sample:6 --attack replacement:target=10 --attackers 0.2', '--attack', 'Class 10'],
    ['--data sample:6 --dropout 2', '--dropout', 'from 0 to 1'],
    ['--data sample:6 --target accuracy', '--target', 'accuracy>=0.97'],
    ['--data sample:6 --target accuracy<=0.97', '--target', 'higher'],
    ['--data sample:6 --target rmse<=2', '--target', 'a class'],
    ['--data sample:6 --speeds fast', '--speeds', 'uniform, heavy-tailed'],
    ['--data sample:6 --mode asynchronous', '--mode', 'asynchronous:concurrency=20'],
    ['--data sample:6 --mode asynchronous:concurrency=5', '--mode', 'at least 10'],
    ['--data sample:6 --mode asynchronous:concurrency=20 --strategy fedavg', '--mode', 'synchronous rounds'],
    ['--data sample:6 --strategy fedbuff', '--strategy', 'for asynchronous rounds'],
    [
      '--data sample:6 --mode asynchronous:concurrency=20 --over-selection 1.3',
      '--over-selection',
      'pick no cohort',
    ],
    [
      '--data sample:6 --mode asynchronous:concurrency=20 --attack ipm --attackers 0.2',
      '--attack',
      'labelflip',
    ],
    [
      '--data sample:patient-cohort:6 --model k-means --mode asynchronous:concurrency=20',
      '--mode',
      'synchronous',
    ],
    ['--data sample:6 --deadline-share 2', '--deadline-share', 'from 0.01 to 1'],
    ['--data sample:6 --fairness fastest', '--fairness', 'least-recent-by-speed'],
    ['--data sample:6 --model k-means --deadline-share 0.5', '--deadline-share', 'leave this empty'],
    ['--data sample:6 --model k-means --fairness least-recent-by-speed', '--fairness', 'by lot'],
    ['--data sample:6 --seed -1', '--seed', 'from 0'],
    ['--data sample:6 --backend webgpu', '--backend', 'wasm'],
    ['--data sample:6 --label digit', '--label', 'CSV|column'],
    ['--resume /there/is/nothing', '--resume', 'there is no such file'],
    ['--resume /there/is/nothing --seed 3', '--resume', '--seed'],
  ])('%s', async (flags, flag, expected) => {
    const message = await refusal(flags);
    expect(message).toContain(flag);
    expect(message).toMatch(expected.includes('|') ? new RegExp(expected) : expected);
  });
});

describe('models that are learnt from sums', () => {
  const table = join(folder, 'hearts.csv');
  writeFileSync(table, heartLikeTable(3, 240));
  const sums = { data: { type: 'paths' as const, paths: [table] }, cohort: 1, rounds: 100, participants: 1 };

  test.each([
    ['boosted-trees:stages=3,depth=3,bins=16', 'accuracy'],
    ['k-means:3', 'inertia'],
  ] as const)('%s comes out alike, bit for bit, however the rows are divided', async (model, metric) => {
    const pooled = await run({ ...sums, model });
    const divided = await run({ ...sums, model, participants: 6, partition: 'dirichlet:0.3' });
    expect(pooled.result.outcome).toContain('The model is complete');
    expect(divided.result).toMatchObject({
      versionDigest: pooled.result.versionDigest,
      metrics: pooled.result.metrics,
      rounds: pooled.result.rounds,
    });
    expect(pooled.result.metrics[metric]).toBeGreaterThan(0);
    if (metric === 'accuracy') expect(pooled.result.metrics.accuracy).toBeGreaterThan(0.7);
  });

  test('half of the devices a round grow other trees, which work all the same; and a flipped label is felt', async () => {
    const model = 'boosted-trees:stages=6,depth=3,bins=16';
    const all = await run({ ...sums, model, participants: 6 });
    const half = await run({ ...sums, model, participants: 6, cohort: 0.5 });
    expect(half.result.versionDigest).not.toBe(all.result.versionDigest);
    expect(half.result.metrics.accuracy).toBeGreaterThan(0.7);
    const attack = { name: 'labelflip', options: {} };
    const flipped = await run({ ...sums, model, participants: 6, attack, attackers: 0.9 });
    expect(flipped.result.metrics.accuracy).toBeLessThan(all.result.metrics.accuracy!);
  });
});
