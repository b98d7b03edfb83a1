// Every network of the catalogue learns what it is for, of data that ship with the app: drawn digits by pixel, the hours of a wave step by step.
import { expect, test } from 'vitest';
import { createTrainer } from '../../adapters/engines/node.ts';
import { createHandClock } from '../../adapters/memory/hand-clock.ts';
import type { DataContract } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import { drawnDigits, drawnDigitsContract } from '../../modalities/image/sample-drawn-digits.ts';
import { readRawTable } from '../../modalities/raw-table.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { createEngine } from '../engine.ts';
import { examplesData, type BenchData } from './bench-data.ts';
import { benchModelNamed, chosenWith } from './models.ts';
import { runBench } from './run-bench.ts';
import { seriesData } from './series-data.ts';

const openEngine = async () =>
  createEngine({ backend: 'simd', description: '', reason: '', reports: [] }, createTrainer);

function splitOf(contract: DataContract, examples: Examples): BenchData {
  const data = examplesData(contract, examples, undefined, { heldOut: 0.2, group: null, time: null }, []);
  if (!data.ok) throw new Error(data.error);
  return data.value;
}

/** A wave with a step in every fifth hour; two hours ahead are foretold. */
async function hoursOf(count: number): Promise<BenchData> {
  const lines = Array.from({ length: count }, (_, hour) => {
    const at = new Date(Date.UTC(2024, 0, 1) + hour * 3_600_000).toISOString().slice(0, 16);
    return `${at},${(Math.sin(hour / 4) + (hour % 5) / 10).toFixed(3)}`;
  });
  const table = await readRawTable([sourceOfText('hours.csv', ['at,load', ...lines].join('\n'))], 'load');
  if (!table.ok) throw new Error(table.error);
  const data = seriesData(table.value, {
    ...{ target: 'load', kind: null, without: [], heldOut: 0.2, time: ['at'] },
    ...{ window: 8, horizon: 2, fill: 0, season: null, by: null },
  });
  if (!data.ok) throw new Error(data.error);
  return data.value;
}

function digitsOf(count: number): BenchData {
  const drawn = [...drawnDigits(3, count)];
  const features = new Uint8Array(count * 784);
  for (const [at, { pixels }] of drawn.entries()) features.set(pixels, at * 784);
  return splitOf(drawnDigitsContract, {
    count,
    features,
    targets: Int32Array.from(drawn, ({ digit }) => digit),
    hashes: Uint32Array.from({ length: 2 * count }, (_, at) => Math.imul(at + 1, 0x9e3779b1)),
  });
}

/** Accuracy, or the share of the variance that is explained, of the rows held out. */
async function scoreOf(data: BenchData, name: string, given: Readonly<Record<string, number>>) {
  const run = { data, chosen: chosenWith(benchModelNamed(name)!, given), seed: 1 };
  const done = await runBench(run, { clock: createHandClock(), openEngine }, () => {});
  if (!done.ok) throw new Error(done.error);
  const { report } = done.value.result.model;
  return report.type === 'classes' ? report.accuracy : report.r2;
}

test.each([
  ['softmax', { epochs: 10 }],
  ['mlp', { epochs: 10 }],
  ['cnn-small', { epochs: 8, batch: 10, rate: 0.003 }],
])('%s tells drawn digits apart', async (name, given) => {
  const got = await scoreOf(digitsOf(500), name, given);
  expect(got).toBeGreaterThanOrEqual(0.9);
});

// The value two hours before explains three quarters.
test.each([
  ['linear', {}],
  ['gru', { units: 8, epochs: 20, batch: 16, rate: 0.01 }],
  ['lstm', { units: 8, epochs: 20, batch: 16, rate: 0.01 }],
  ['transformer', { blocks: 1, epochs: 40, batch: 16, rate: 0.005 }],
])('%s foretells a wave', async (name, given) => {
  const got = await scoreOf(await hoursOf(300), name, given);
  expect(got).toBeGreaterThanOrEqual(0.95);
});
