// A model looked at beyond its figures: rows behind a cell, curves, groups and reasons, each held to what it says elsewhere.
import { beforeAll, describe, expect, test } from 'vitest';
import { createReferenceTrainer } from '../../../adapters/reference/reference-trainer.ts';
import { createSystemClock } from '../../../adapters/system-clock.ts';
import { integratedGradients } from '../../../core/explanation/integrated-gradients.ts';
import { groupFairness } from '../../../core/metrics/group-fairness.ts';
import { predictedClass } from '../../../core/metrics/class-scores.ts';
import { random } from '../../../core/random.ts';
import { sourceOfText } from '../../../modalities/source-file.ts';
import { createEngine } from '../../engine.ts';
import { tableData } from '../bench-data.ts';
import { fitModel } from '../fit.ts';
import { judging } from '../judge.ts';
import { readModelFile, writeModelFile } from '../model-file.ts';
import { benchModelNamed, chosenWith } from '../models.ts';
import { inOneGo } from '../step-through.ts';
import type { Examined } from './examined.ts';
import { groupNames } from './groups.ts';
import { lookAt, type Look, type Looked } from './look.ts';

const draw = random(6, 'looked at');
/** Whether a loan is given hangs on income and, for one group, on nothing else; a third group is too small to be shown. */
const lines = Array.from({ length: 400 }, (_, row) => {
  const group = row % 40 === 0 ? 'c' : row % 3 === 0 ? 'b' : 'a';
  const income = 20 + 10 * draw.normal();
  const given = income + (group === 'b' ? -6 : 3) + 3 * draw.normal() > 20;
  return [income.toFixed(2), group, (2 * income + draw.normal()).toFixed(2), given ? 'yes' : 'no'];
});
const text = ['income,group,debt,given', ...lines.map((line) => line.join(','))].join('\n');
const surroundings = {
  clock: createSystemClock(),
  openEngine: async () =>
    createEngine({ backend: 'reference', description: '', reason: '', reports: [] }, async () =>
      createReferenceTrainer(),
    ),
};

async function examinedBy(name: string, target: string, options = {}): Promise<Examined> {
  const settings = { target, kind: null, without: [], heldOut: 0.3, group: null, time: null };
  const data = await tableData([sourceOfText('loans.csv', text)], settings);
  if (!data.ok) throw new Error(data.error);
  const { contract, training, heldOut, digest, preparation } = data.value;
  const chosen = chosenWith(benchModelNamed(name)!, options);
  const fitted = await fitModel({ ...chosen, contract, rows: training, seed: 1 }, surroundings);
  if (!fitted.ok) throw new Error(fitted.error);
  const origin = { contract, preparation: preparation?.fitted, chosen, seed: 1, data: digest, training };
  const model = readModelFile(writeModelFile(fitted.value, origin));
  if (!model.ok) throw new Error(model.error);
  const { predictor } = model.value;
  const predict: Examined['predict'] = async (features, count) => predictor.predict(features, count);
  const outputs = await predict(heldOut.features, heldOut.count);
  fitted.value.close();
  return { data: data.value, model: model.value, outputs, seed: 1, predict, isInUse: true };
}
async function looked<Type extends Looked['type']>(
  examined: Examined,
  look: Look & { readonly type: Type },
): Promise<Extract<Looked, { type: Type }>> {
  const found = await lookAt(examined, look, surroundings);
  if (!found.ok) throw new Error(found.error);
  return found.value as Extract<Looked, { type: Type }>;
}

describe('a model of classes', () => {
  let examined: Examined;
  beforeAll(async () => {
    examined = await examinedBy('tree', 'given');
  });
  const report = () => {
    const { data, outputs } = examined;
    const found = inOneGo(judging(data.contract, Float64Array.from(outputs), data.heldOut, 1))?.report;
    if (found?.type !== 'classes') throw new Error('Classes were to be judged.');
    return found;
  };

  test('shows the rows of a cell of its confusion matrix, as they stand in the file', async () => {
    for (const [cell, count] of report().confusion.entries()) {
      const of = { type: 'cell', truth: cell >> 1, predicted: cell & 1 } as const;
      const { rows } = await looked(examined, { type: 'rows', of, from: 0 });
      expect(rows.total).toBe(count);
      for (const row of rows.rows) {
        expect(row.cells).toEqual(lines[row.place - 1]);
        expect([row.truth, row.says]).toEqual([of.truth, of.predicted].map((at) => ['no', 'yes'][at]));
      }
    }
  });

  test('shows the hardest rows first, and further ones on another page', async () => {
    const page = async (from: number) =>
      (await looked(examined, { type: 'rows', of: { type: 'hardest' }, from })).rows;
    const [first, second] = [await page(0), await page(24)];
    expect(first.total).toBe(examined.data.heldOut.count);
    const losses = [...first.rows, ...second.rows].map((row) => row.loss);
    expect(losses).toHaveLength(48);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    for (const row of first.rows)
      expect(row.loss).toBeCloseTo(-Math.log(Math.max(Number.EPSILON, row.share ?? NaN)), 9);
  });

  test('draws curves whose areas are those of its figures, within their intervals', async () => {
    const { curves } = await looked(examined, { type: 'curves' });
    if (curves.type !== 'classes') throw new Error('Classes were to be drawn.');
    const [only] = curves.curves;
    expect(curves.curves.map((one) => one.label)).toEqual(['yes']);
    expect(only?.rocArea).toBe(report().rocArea);
    expect(only?.averagePrecision).toBe(report().averagePrecision);
    expect(only?.rocInterval).toEqual(report().rocAreaInterval);
    expect(only?.precisionInterval?.low).toBeLessThan(only!.averagePrecision);
    expect(only?.precisionInterval?.high).toBeGreaterThan(only!.averagePrecision);
    expect(only?.roc.at(-1)).toEqual({ x: 1, y: 1 });
    for (const [at, { y }] of only!.roc.entries())
      expect(y).toBeGreaterThanOrEqual(only!.roc[at - 1]?.y ?? 0);
    // By trapezoids of fiftieths.
    const area = only!.roc.slice(1).reduce((sum, { y }, at) => sum + (y + only!.roc[at]!.y) / 100, 0);
    expect(area).toBeCloseTo(only!.rocArea, 1);
    expect(curves.calibration.reduce((sum, bin) => sum + bin.count, 0)).toBe(examined.data.heldOut.count);
  });

  test('compares groups as the command line does, hides a small one, and tells how far chance alone makes a gap', async () => {
    const { groups } = await looked(examined, { type: 'groups', column: 'group', positive: null });
    if (groups.type !== 'classes') throw new Error('Classes were to be compared.');
    const { data, outputs } = examined;
    const cells = data.heldOutCells('group') ?? [];
    expect(groups.fairness).toEqual({
      column: 'group',
      positive: 'yes',
      ...groupFairness({
        groups: cells,
        isPositive: Array.from(data.heldOut.targets, (one) => one === 1),
        isSelected: cells.map((_, row) => predictedClass(outputs, row, 2) === 1),
      }),
    });
    expect(groups.fairness.hidden).toEqual(['c']);
    expect(groups.details.map((one) => one.group)).toEqual(['a', 'b']);
    const gap = groups.fairness.parityGap ?? NaN;
    expect(gap).toBeGreaterThan(0.1);
    expect(groups.parityInterval?.low).toBeLessThan(gap);
    expect(groups.parityInterval?.high).toBeGreaterThan(gap);
    const [first] = groups.details;
    const own = cells.flatMap((cell, row) => (cell === 'a' ? [outputs[2 * row + 1]!] : []));
    expect(first?.meanShare).toBeCloseTo(own.reduce((sum, one) => sum + one, 0) / own.length, 12);
    const isSo = cells.flatMap((cell, row) =>
      cell === 'a' ? [Number(data.heldOut.targets[row] === 1)] : [],
    );
    const share = isSo.reduce((sum, one) => sum + one, 0) / isSo.length;
    expect(first?.positives).toBe(share);
    expect(first?.positivesInterval?.low).toBeLessThan(share);
    expect(first?.positivesInterval?.high).toBeGreaterThan(share);
    const refused = await lookAt(
      examined,
      { type: 'groups', column: 'nothing', positive: null },
      surroundings,
    );
    expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('“nothing”') });
  });

  test('names suspected labels by their row, and has no gradients', async () => {
    const { suspects } = await looked(examined, { type: 'suspects' });
    expect(suspects.length).toBeGreaterThan(0);
    for (const { row, label } of suspects) expect(lines[row - 1]?.[3]).toBe(label);
    expect(await lookAt(examined, { type: 'reasons', row: 0, way: 'gradients' }, surroundings)).toMatchObject(
      { ok: false, error: expect.stringContaining('no gradients') },
    );
  });
});

test('a network says why in three ways that each add up, and how it moves with a column for every row', async () => {
  const examined = await examinedBy('mlp', 'given', { units: 8, layers: 1, epochs: 6, rate: 0.02 });
  for (const way of ['shapley', 'lime', 'gradients'] as const) {
    const { explanation } = await looked(examined, { type: 'reasons', row: 3, way });
    const added = explanation.effects.reduce((sum, { effect }) => sum + effect, explanation.base);
    // Gradients: by an integral, whose steps stop at a ten thousandth.
    expect(added).toBeCloseTo(explanation.score, way === 'gradients' ? 4 : 9);
    expect(explanation.effects.map((one) => one.column).toSorted()).toEqual(['debt', 'group', 'income']);
  }
  const { dependence } = await looked(examined, { type: 'dependence', column: 'income' });
  const [low, high] = [dependence.points[0]!, dependence.points.at(-1)!];
  expect(high.mean).toBeGreaterThan(low.mean + 0.2);
  expect(dependence.rows).toHaveLength(30);
  for (const line of dependence.rows) expect(line).toHaveLength(dependence.points.length);
});

test('the errors of a number are told by what was predicted, and by group', async () => {
  const examined = await examinedBy('linear', 'debt');
  const { curves } = await looked(examined, { type: 'curves' });
  if (curves.type !== 'number') throw new Error('A number was to be judged.');
  const count = curves.residuals.reduce((sum, part) => sum + part.count, 0);
  expect(count).toBe(examined.data.heldOut.count);
  const bias = curves.residuals.reduce((sum, part) => sum + part.mean * part.count, 0) / count;
  const found = inOneGo(
    judging(examined.data.contract, Float64Array.from(examined.outputs), examined.data.heldOut, 1),
  )?.report;
  expect(found?.type === 'number' && found.bias).toBeCloseTo(bias, 9);
  const { groups } = await looked(examined, { type: 'groups', column: 'group', positive: null });
  expect(groups).toMatchObject({ type: 'number', hidden: ['c'] });
  const { rows } = await looked(examined, { type: 'rows', of: { type: 'hardest' }, from: 0 });
  const [worst] = rows.rows;
  expect(worst?.loss).toBeCloseTo(Math.abs(Number(worst?.says) - Number(worst?.truth)), 9);
  expect(Number(worst?.truth)).toBeCloseTo(Number(lines[worst!.place - 1]?.[2]), 4);
});

test('a column of numbers is compared by quarters, and empty cells are a group of their own', () => {
  const cells = ['', ...Array.from({ length: 100 }, (_, at) => String(at))];
  const names = groupNames(cells);
  expect(names[0]).toBe('missing');
  expect(new Set(names).size).toBe(5);
  expect(names.filter((name) => name === 'up to 24.75')).toHaveLength(25);
  expect(groupNames(['1', '2', '1'])).toEqual(['1', '2', '1']);
});

test('a path that needs more steps than there may be tells what it misses', () => {
  const jump = (points: Float64Array, count: number) => ({
    values: Float64Array.from({ length: count }, (_, at) => (points[at]! > 0.3 ? 1 : 0)),
    gradient: new Float64Array(count),
  });
  expect(integratedGradients(jump, [1], [0], { mostSteps: 64 })).toMatchObject({ missed: 1, steps: 64 });
});
