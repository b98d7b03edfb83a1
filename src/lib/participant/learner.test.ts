// A participant without rows of its own: what others learn goes the way of every update, and what they say of a version is told as a sum.
import { expect, test } from 'vitest';
import type { ClassificationTally } from '../core/metrics/tally.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import {
  committedMessage,
  contract,
  federation,
  script,
  spec,
} from '../../../test/doubles/scripted-federation.ts';
import { datasetsOf, type Learned, type Learner, type LearningTask } from './learner.ts';

const built = buildNetwork(spec.network);
if (!built.ok) throw new Error(built.error.message);
const first = initialParameters(built.value, 1);
const tally: ClassificationTally = {
  type: 'classification',
  count: 5,
  lossSum: 2,
  confusion: [2, 0, 1, 2],
};

interface Asked extends Learner {
  readonly tasks: LearningTask[];
  answer(learned: Learned): void;
}

function learnerOf(changes: Partial<Learner> = {}): Asked {
  const tasks: LearningTask[] = [];
  let answer: (learned: Learned) => void = () => {};
  return {
    tasks,
    answer: (learned) => answer(learned),
    refusal: () => undefined,
    rows: 120,
    learn: (task, signal) =>
      new Promise((resolve, reject) => {
        tasks.push(task);
        answer = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    tally: async () => tally,
    ...changes,
  };
}

async function joined(learner: Learner) {
  const one = await script({ learner, datasets: datasetsOf(federation, contract) });
  await one.part.join({ dataset: 'devices', name: 'An edge', backend: null, tags: ['edge'] });
  await one.until('checked in', () => one.coordinator.said.some(({ name }) => name === 'check-in'));
  return one;
}

test('what others learn is sent as the update of one participant, with the rows that it is of', async () => {
  const learner = learnerOf();
  const one = await joined(learner);
  expect(one.coordinator.said.find(({ name }) => name === 'check-in')?.message).toEqual({
    federation,
    examples: 120,
    backend: 'cpu',
    tags: ['edge'],
  });
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('asked to learn', () => learner.tasks.length === 1);
  const [task] = learner.tasks;
  expect(task).toMatchObject({
    round: 1,
    base: { version: 0 },
    leftMs: 60_000,
    claimed: 120,
    plan: spec.plan,
  });
  expect(task!.parameters).toEqual(first);
  task!.onProgress(0.5);
  await one.until('half learned', (view) => view.fraction === 0.5);
  learner.answer({ type: 'learned', parameters: first.map((value) => value + 0.25), examples: 90 });
  await one.until('sent', (view) => view.state === 'averaging');
  const [{ offer, bytes }] = one.coordinator.uploads as [(typeof one.coordinator.uploads)[number]];
  expect(offer).toMatchObject({ round: 1, examples: 90, steps: 1, baseLoss: null });
  const sent = new Float32Array(bytes.slice().buffer);
  expect(Math.max(...sent.map((value) => Math.abs(value - 0.25)))).toBeLessThan(1e-6);
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
  // Of the version that came of it, and of the base, the sum that the others told.
  await one.until(
    'scores are told',
    () => one.coordinator.said.filter(({ name }) => name === 'evaluation').length === 2,
  );
  expect(one.coordinator.said.findLast(({ name }) => name === 'evaluation')?.message).toEqual({
    federation,
    version: 1,
    tally,
    personal: null,
  });
  expect(one.faults).toEqual([]);
});

test('where nothing was learned the round is given up with the reason, and the next one is taken', async () => {
  const learner = learnerOf({ tally: async () => undefined });
  const one = await joined(learner);
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('asked to learn', () => learner.tasks.length === 1);
  learner.answer({ type: 'nothing', reason: 'Too few devices are at the edge: 1, and 2 are needed.' });
  await one.until('given up', () => one.coordinator.said.some(({ name }) => name === 'withdraw'));
  expect(one.coordinator.said.find(({ name }) => name === 'withdraw')?.message).toEqual({
    federation,
    round: 1,
    reason: 'Too few devices are at the edge: 1, and 2 are needed.',
  });
  one.link.deliver('configured', one.coordinator.configured(2));
  await one.until('asked again', () => learner.tasks.length === 2);
  // Nobody says anything of a version: nothing is told.
  expect(one.coordinator.said.filter(({ name }) => name === 'evaluation')).toEqual([]);
  expect(one.faults).toEqual([]);
});

test('after a reload what was learned is sent, and not learned again', async () => {
  const learner = learnerOf();
  const one = await joined(learner);
  one.coordinator.decide = () => new Promise(() => {});
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('asked to learn', () => learner.tasks.length === 1);
  learner.answer({ type: 'learned', parameters: first.slice(), examples: 90 });
  await one.until('sending', () => one.coordinator.uploads.length === 1);
  const again = await one.reload();
  await again.until('sent again', () => again.coordinator.uploads.length === 2);
  expect(again.coordinator.uploads[1]!.offer).toEqual(again.coordinator.uploads[0]!.offer);
  expect(learner.tasks).toHaveLength(1);
});

test('more rows are claimed anew, and a federation that it cannot learn for is not joined', async () => {
  let rows = 120;
  const learner: Learner = {
    ...learnerOf(),
    get rows() {
      return rows;
    },
  };
  const one = await joined(learner);
  rows = 200;
  one.part.checkInAgain();
  const claims = (): unknown[] =>
    one.coordinator.said
      .filter(({ name }) => name === 'check-in')
      .map(({ message }) => (message as { readonly examples: number }).examples);
  await one.until('said so', () => claims().length === 2);
  expect(claims()).toEqual([120, 200]);
  const refusing = await script({
    learner: learnerOf({ refusal: () => 'It has no edge.' }),
    datasets: datasetsOf(federation, contract),
  });
  await expect(refusing.part.join({ dataset: 'devices', name: null, backend: null })).rejects.toThrow(
    'It has no edge.',
  );
});
