// Whether a version of a federation does better than a model trained alone on this device's own held-out rows, pair by pair: what one
// person can know of whether their own rows are enough. Read, asked and compared here; nothing is sent.
import type { DataContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { constant } from '../core/learners/constant.ts';
import { readOwnRows, type OwnRows } from '../participant/own-rows.ts';
import { compareMerits, rowMerits, type Comparison } from '../participant/workbench/judge.ts';
import { inOneGo } from '../participant/workbench/step-through.ts';
import { isClear } from '../participant/workbench/verdict.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import type { DeviceState } from './device-state.svelte.ts';
import { count, counted, number } from './format.ts';
import { askedOf, type ModelChoice } from './model-choice.ts';

export interface OwnComparison {
  readonly verdict: 'shared is better' | 'alone is better' | 'no difference beyond luck' | 'no signal';
  /** Of the version over the model trained alone: accuracy gained, or error spared. */
  readonly comparison: Comparison;
  readonly rows: number;
  readonly of: 'classes' | 'number';
}

/** Rows that a model is asked about at once. */
const AT_ONCE = 500;
/** Of the bootstrap of numbers. */
const SEED = 1;

/** undefined where no row is held out, or the dataset has gone. Rejects as the device's questions do. */
export async function compareOnOwnRows(
  {
    datasets,
    device,
  }: {
    readonly datasets: Pick<DatasetStore, 'record' | 'read'>;
    readonly device: Pick<DeviceState, 'ask'>;
  },
  dataset: string,
  shared: ModelChoice,
  alone: ModelChoice,
): Promise<OwnComparison | undefined> {
  const rows = await readOwnRows(datasets, dataset);
  if (rows === undefined || rows.heldOut.count === 0) return undefined;
  // One model after the other: only one is loaded at a time.
  const ofShared = await asked(device, shared, rows.heldOut);
  const ofAlone = await asked(device, alone, rows.heldOut);
  return compared(rows, ofShared, ofAlone);
}

/** [heldOut.count, outputs] */
async function asked(
  device: Pick<DeviceState, 'ask'>,
  model: ModelChoice,
  { features, count: all, texts }: Examples,
): Promise<Float64Array> {
  const size = features.length / all;
  const outputs: number[] = [];
  for (let from = 0; from < all; from += AT_ONCE) {
    const to = Math.min(all, from + AT_ONCE);
    const piece = await device.ask('predict', {
      ...askedOf(model),
      features: features.slice(from * size, to * size),
      count: to - from,
      ...(texts === undefined ? {} : { texts: texts.map((cells) => cells.slice(from, to)) }),
    });
    for (const output of piece) outputs.push(output);
  }
  return Float64Array.from(outputs);
}

/** What each says of the held-out rows. */
export function compared(
  { contract, training, heldOut }: Pick<OwnRows, 'contract' | 'training' | 'heldOut'>,
  shared: Float64Array,
  alone: Float64Array,
): OwnComparison {
  const of = isNumber(contract) ? 'number' : 'classes';
  const [ofShared, ofAlone] = [rowMerits(contract, shared, heldOut), rowMerits(contract, alone, heldOut)];
  const comparison = compareMerits(of, ofShared, ofAlone, SEED);
  const told = { comparison, rows: heldOut.count, of } as const;
  if (isClear(comparison, 'better')) return { ...told, verdict: 'shared is better' };
  if (isClear(comparison, 'worse')) return { ...told, verdict: 'alone is better' };
  // Two models that know nothing do not differ either.
  const learnt = training.count === 0 ? heldOut : training;
  const same = inOneGo(constant.learn({ contract, rows: learnt, options: {}, seed: SEED }));
  const floor = rowMerits(contract, same.predict(heldOut.features, heldOut.count), heldOut);
  const knows = [ofShared, ofAlone].some((merits) =>
    isClear(compareMerits(of, merits, floor, SEED), 'better'),
  );
  return { ...told, verdict: knows ? 'no difference beyond luck' : 'no signal' };
}

const isNumber = (contract: DataContract): boolean =>
  contract.kind === 'table' && contract.target.type === 'number';

/** `shared` and `alone`: their titles. */
export function comparisonSentence(
  { verdict, comparison: { gain, interval }, rows, of }: OwnComparison,
  shared: string,
  alone: string,
): string {
  const figure = (value: number): string =>
    of === 'classes' ? signed(100 * value, (size) => size.toFixed(1)) : signed(value, number);
  const what = of === 'classes' ? 'points of accuracy' : 'of RMSE spared';
  const range =
    interval === undefined ? '' : `, 95 % between ${figure(interval.low)} and ${figure(interval.high)}`;
  const by = `${figure(gain)} ${what}${range}`;
  const on = `On your own ${counted(rows, 'held-out row')}`;
  switch (verdict) {
    case 'shared is better':
      return `${on} ${shared} is better than ${alone} by more than luck (${by}): learning together helps here.`;
    case 'alone is better':
      return `${on} ${alone} is better than ${shared} by more than luck (${shared}: ${by}): for rows like these your own are enough.`;
    case 'no difference beyond luck':
      return `${on} there is no difference beyond luck between ${shared} and ${alone} (${shared}: ${by}): as far as ${count(rows)} of them can tell, your own rows are enough.`;
    case 'no signal':
      return `${on} neither ${shared} nor ${alone} is better than the same answer for all by more than luck: they say nothing of who learns better.`;
    default:
      return verdict satisfies never;
  }
}

const signed = (value: number, size: (of: number) => string): string =>
  `${value < 0 ? '−' : '+'}${size(Math.abs(value))}`;
