// What tests of the workbench worker's handler share: a tab whose worker is in this process, tables that it keeps, and runs of them.
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import type { DataContract, TableContract } from '../core/data/contract.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { importFiles } from '../modalities/import.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import type { Engines } from '../participant/engine.ts';
import { usuallyHeldOut } from '../participant/workbench/rows-held-out.ts';
import { TAB_BACKEND } from '../participant/workbench/new-run.ts';
import type { RunStore } from '../participant/workbench/run-record.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { BackendName, Trainer } from '../ports/trainer.ts';
import { BenchClient, type BenchWorker } from './bench-client.ts';
import { bench } from './bench.ts';
import type { EndedRun, EndedTraining, OpenedBench, RunEvent, TrainingWishes } from './bench-messages.ts';
import { webLockHolds } from './run-holds.ts';

const clock = createSystemClock();
let ids = 0;
export interface TabParts {
  /** Which of them the tabs of one browser share. */
  readonly runs?: RunStore;
  readonly checkpoints?: ParticipantStore['checkpoints'];
  readonly trainer?: (backend: BackendName) => Trainer;
  readonly engines?: Engines;
}
/** A tab; tabs of one browser share their stores. */
export function clientOf(
  store: DatasetStore,
  {
    runs = memoryRunStore(),
    checkpoints = createMemoryParticipantStore().checkpoints,
    trainer = createReferenceTrainer,
    engines = {
      choose: () => Promise.reject(new Error('Nobody chooses.')),
      create: async (name) => trainer(name),
    },
  }: TabParts = {},
): BenchClient {
  return new BenchClient((): BenchWorker => {
    const listeners: ((event: never) => void)[] = [];
    const handle = bench({
      datasets: () => Promise.resolve(store),
      runs: () => Promise.resolve(runs),
      checkpoints: () => Promise.resolve(checkpoints),
      holds: webLockHolds(undefined),
      newId: () => `run-${(ids += 1)}`,
      program: { program: '0.0.1', node: 'a test' },
      createTrainer: (backend) => Promise.resolve(trainer(backend)),
      engines: () => Promise.resolve(engines),
      decodeImage: () => Promise.reject(new Error('no pictures')),
      clock,
      reply: (message) => {
        for (const listener of listeners)
          listener(new MessageEvent('message', { data: structuredClone(message) }) as never);
      },
    });
    return {
      postMessage: (message) => void handle(message),
      addEventListener(type: string, listener: (event: never) => void) {
        if (type === 'message') listeners.push(listener);
      },
      terminate: () => undefined,
    };
  });
}

export async function read(
  contract: DataContract,
  files: (sink: { append(examples: Examples): Promise<void> }) => Promise<unknown>,
): Promise<Examples> {
  const parts: Examples[] = [];
  await files({ append: (examples) => Promise.resolve(void parts.push(examples)) });
  const examples = joinExamples(parts);
  if (examples === undefined) throw new Error(`Nothing was read for ${contract.kind}.`);
  return examples;
}
export const readCsv = (contract: TableContract, text: string): Promise<Examples> =>
  read(contract, (sink) =>
    importFiles([sourceOfText('table.csv', text)], contract, sink, {
      decodeImage: () => Promise.reject(new Error('no pictures')),
    }),
  );

export async function storeOf(contract: DataContract, examples: Examples): Promise<DatasetStore> {
  const store = memoryDatasetStore();
  const writer = await store.write({ id: 'set', federation: null, name: 'set', contract, source: 'a test' });
  await writer.append(examples, examples.count);
  await writer.finish();
  return store;
}

export const wishes: TrainingWishes = {
  model: 'rule',
  layers: null,
  backbone: null,
  sees: null,
  budgetMs: null,
  trials: null,
  search: 'tpe',
  space: null,
  isWarm: false,
  folds: null,
  balance: 'none',
  seed: 1,
  engine: TAB_BACKEND,
};
export const openedBy = async (client: BenchClient, target: string): Promise<OpenedBench> => {
  const answer = await client.open({
    dataset: 'set',
    target,
    recipe: null,
    series: null,
    split: usuallyHeldOut,
  });
  if ('type' in answer) throw new Error(answer.message);
  return answer;
};
export async function trainedBy(
  client: BenchClient,
  target: string,
  own: Partial<TrainingWishes> = {},
  tell: (event: RunEvent) => void = () => {},
): Promise<EndedTraining['trained']> {
  return (await endedBy(client, target, own, tell)).trained;
}
export async function endedBy(
  client: BenchClient,
  target: string,
  own: Partial<TrainingWishes> = {},
  tell: (event: RunEvent) => void = () => {},
): Promise<EndedTraining> {
  const { version } = await openedBy(client, target);
  const answer = await client.run(
    {
      name: 'train',
      dataset: 'set',
      version,
      target,
      recipe: null,
      series: null,
      split: usuallyHeldOut,
      training: { ...wishes, ...own },
    },
    tell,
    new AbortController().signal,
  );
  if ('type' in answer) throw new Error(answer.message);
  return ofTarget(answer);
}
/** Throws where groups were found. */
export function ofTarget(ended: EndedRun): EndedTraining {
  if (ended.kind === 'grouped') throw new Error('A model of a target was asked for.');
  return ended;
}

/** Shapes whose area is their target, written as the store would write them. */
export const shapes: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'width',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 5,
      standardDeviation: 3.1,
    },
    { type: 'category', name: 'colour', categories: ['blue', 'red'], missingAllowed: true },
  ],
  target: { type: 'number', name: 'area', mean: 26.5, standardDeviation: 11.7 },
};
export const shapesCsv = [
  'width,colour,area',
  ...Array.from({ length: 90 }, (_, row) => {
    const width = ((row * 37) % 100) / 10;
    return `${row % 11 === 0 ? '' : width},${row % 3 === 0 ? 'red' : 'blue'},${(width * 5.25 + (row % 7) / 10).toFixed(4)}`;
  }),
]
  .join('\n')
  // As numbers are kept: no zeros at the end.
  .replaceAll(/(\.\d*?)0+$/gm, '$1')
  .replaceAll(/\.$/gm, '');
