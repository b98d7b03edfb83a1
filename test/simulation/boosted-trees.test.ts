// Boosted trees over participants against pooled training: the same bytes. Both go the whole way of an update: codec, checks,
// fixed-point sum, strategy. A plain trainer that sees all rows, and knows nothing of histograms, grows the same trees.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { ModelRows } from '#lib/core/aggregation/summed-model.ts';
import type { DataContract, TableContract } from '#lib/core/data/contract.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { addTallies } from '#lib/core/metrics/tally-sums.ts';
import { random } from '#lib/core/random.ts';
import { boostedTrees, type BoostedTrees } from '#lib/core/trees/boosted-trees.ts';
import { binRows } from '#lib/core/trees/columns.ts';
import { derivatives, derivativeUnit } from '#lib/core/trees/gradients.ts';
import { TreesSpec } from '#lib/core/trees/spec.ts';
import { readState, type TreesState } from '#lib/core/trees/state.ts';
import { mixedContract, mixedRows, mixedTargets, rowsBetween } from '../support/mixed-table.ts';
import { oneRound, trainSummed } from '../support/summed-training.ts';

type Settings = v.InferInput<typeof TreesSpec>;

function treesOf(settings: Settings, target: TableContract['target']): BoostedTrees {
  const trees = boostedTrees(v.parse(TreesSpec, settings), mixedContract(target));
  if (!trees.ok) throw new Error(trees.error.message);
  return trees.value;
}

const last = <T>(items: readonly T[]): T => items.at(-1)!;

function stateOf(trees: BoostedTrees, parameters: Float32Array): TreesState {
  const state = readState(trees.layout, parameters);
  if (!state.ok) throw new Error(state.error.message);
  return state.value;
}

/** Cuts rows at places drawn from a seed; participants may be left with no row at all. */
function divided(rows: ModelRows, participants: number, seed: number): ModelRows[] {
  const draw = random(seed, 'divided');
  const cuts = Array.from({ length: participants - 1 }, () => draw.below(rows.count + 1)).toSorted(
    (a, b) => a - b,
  );
  return [0, ...cuts].map((from, index) => rowsBetween(rows, from, cuts[index] ?? rows.count));
}

describe('federated trees', () => {
  test.each(['two', 'three', 'number'] as const)(
    'of %s: every version is, bit for bit, that of pooled training, in any order of arrival',
    (kind) => {
      const target = mixedTargets[kind];
      const rows = mixedRows(target, 500, 11);
      const trees = treesOf({ stages: 4, depth: 3, bins: 16 }, target);
      const pooled = trainSummed(trees, [rows]).versions;
      const parts = divided(rows, 6, 3);
      expect(trainSummed(trees, parts).versions).toEqual(pooled);
      expect(trainSummed(trees, parts.toReversed()).versions).toEqual(pooled);
      // One round of counts, and one for each level of each stage.
      expect(pooled.length - 1).toBe(1 + 4 * 3);
      let splits = 0;
      const state = stateOf(trees, last(pooled));
      for (let tree = 0; tree < 4 * trees.layout.outputs; tree += 1)
        for (let node = 0; node < trees.layout.nodesPerTree; node += 1)
          if (state.node(tree, node)?.type === 'split') splits += 1;
      expect(splits).toBeGreaterThan(12 * trees.layout.outputs);
    },
  );

  test('are those of pooled training for any settings, rows and division', () => {
    let divisions = 0;
    fc.assert(
      fc.property(
        fc.record({
          stages: fc.integer({ min: 1, max: 3 }),
          depth: fc.integer({ min: 1, max: 4 }),
          bins: fc.integer({ min: 2, max: 40 }),
          binning: fc.constantFrom<('quantiles' | 'range')[]>('quantiles', 'range'),
          learningRate: fc.constantFrom(0.1, 0.37, 1),
          lambda: fc.constantFrom(0, 1, 3.3),
          gamma: fc.constantFrom(0, 0.2),
          minimumChildWeight: fc.constantFrom(0, 1),
        }),
        fc.constantFrom<('two' | 'three' | 'number')[]>('two', 'three', 'number'),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 0, max: 1e6 }),
        (settings, kind, count, participants, seed) => {
          const rows = mixedRows(mixedTargets[kind], count, seed);
          const trees = treesOf(settings, mixedTargets[kind]);
          const parts = divided(rows, participants, seed);
          if (parts.filter((part) => part.count > 0).length > 1) divisions += 1;
          const pooled = last(trainSummed(trees, [rows]).versions);
          const federated = last(trainSummed(trees, parts).versions);
          expect(new Uint8Array(federated.buffer)).toEqual(new Uint8Array(pooled.buffer));
        },
      ),
      { seed: 9, numRuns: 60 },
    );
    expect(divisions).toBeGreaterThan(40);
  });

  test('learn: the loss on rows of another draw falls far below that of a coin', () => {
    const target = mixedTargets.two;
    const trees = treesOf({ stages: 20, depth: 3 }, target);
    const parts = divided(mixedRows(target, 1500, 1), 5, 1);
    const { versions } = trainSummed(trees, parts);
    const other = mixedRows(target, 600, 2);
    const tallies = [versions[0]!, last(versions)].map((version) => {
      const tally = trees.evaluate(version, other);
      if (!tally.ok) throw new Error(tally.error.message);
      return tally.value;
    });
    expect(figure(tallies[0]!, 'loss')).toBeCloseTo(Math.LN2, 12);
    expect(figure(tallies[1]!, 'loss')).toBeLessThan(0.3);
    expect(figure(tallies[1]!, 'accuracy')).toBeGreaterThan(0.87);
    const probabilities = trees.predict(last(versions), other.features, other.count);
    if (!probabilities.ok) throw new Error(probabilities.error.message);
    // The tally's loss is −Σ ln p of the probabilities that a person is shown.
    let loss = 0;
    for (let row = 0; row < other.count; row += 1)
      loss -= Math.log(probabilities.value[2 * row + other.targets[row]!]!);
    expect(loss / other.count).toBeCloseTo(figure(tallies[1]!, 'loss')!, 5);
  });

  test('tallies of devices add up to the pooled one, for a number and for three classes', () => {
    for (const kind of ['number', 'three'] as const) {
      const target = mixedTargets[kind];
      const trees = treesOf({ stages: 10, depth: 3, learningRate: 0.3 }, target);
      const rows = mixedRows(target, 800, 5);
      const { versions } = trainSummed(trees, [rows]);
      const tallyOf = (of: ModelRows) => {
        const tally = trees.evaluate(last(versions), of);
        if (!tally.ok) throw new Error(tally.error.message);
        return tally.value;
      };
      const whole = tallyOf(rows);
      const summed = divided(rows, 4, 8)
        .map(tallyOf)
        .reduce((a, b) => addTallies(a, b)!);
      const metric = kind === 'number' ? 'r2' : 'accuracy';
      expect(figure(whole, metric)).toBeGreaterThan(0.85);
      expect(figure(summed, metric)).toBeCloseTo(figure(whole, metric)!, 10);
    }
  });

  test('a version is complete once its stages are grown, and another round changes nothing', () => {
    const target = mixedTargets.two;
    const trees = treesOf({ stages: 2, depth: 2, binning: 'range' }, target);
    const rows = mixedRows(target, 200, 3);
    const { versions } = trainSummed(trees, [rows]);
    expect(versions.map((version) => trees.progress(version))).toEqual(
      [0, 1, 2, 3, 4].map((rounds) => ({
        ok: true,
        value: { rounds, roundsNeeded: 4, isComplete: rounds === 4 },
      })),
    );
    expect(oneRound(trees, last(versions), [rows])).toEqual(last(versions));
  });

  test('rows and versions that do not belong to the trees are refused by what is wrong', () => {
    const trees = treesOf({ stages: 2, depth: 2 }, mixedTargets.two);
    const message = (result: { ok: boolean; error?: { message: string } }) => result.error?.message;
    expect(message(trees.update(new Float32Array(3), mixedRows(mixedTargets.two, 5, 1)))).toContain(
      'the version has 3',
    );
    const other = treesOf({ stages: 2, depth: 2, lambda: 2 }, mixedTargets.two);
    expect(message(trees.update(other.initial(), mixedRows(mixedTargets.two, 5, 1)))).toBe(
      "Value 9 of the version's header is 2, and these trees expect 1. Take a version of this federation.",
    );
    expect(message(trees.update(trees.initial(), mixedRows(mixedTargets.three, 50, 1)))).toMatch(
      /^Row \d+ has class 2, and there are 2/,
    );
    expect(
      message(
        trees.update(trees.initial(), {
          count: 1,
          features: new Float32Array(2),
          targets: new Int32Array(1),
        }),
      ),
    ).toContain('rows of 6 values');
    const pictures: DataContract = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['a', 'b'] };
    expect(message(boostedTrees(v.parse(TreesSpec, {}), pictures))).toContain('take tables');
    const large = boostedTrees(
      v.parse(TreesSpec, { stages: 1000, depth: 8, bins: 256 }),
      mixedContract({
        type: 'classes',
        name: 'kind',
        classes: Array.from({ length: 100 }, (_, i) => ({ label: `${i}`, values: [`${i}`] })),
      }),
    );
    expect(message(large)).toContain('Choose fewer stages, bins or levels.');
  });
});

/** A tree as nested objects: the split, its children, or a weight. */
type Plain =
  { readonly weight: number } | { readonly split: string; readonly left: Plain; readonly right: Plain };

const plainOf = (state: TreesState, tree: number, index = 0): Plain => {
  const node = state.node(tree, index)!;
  return node.type === 'split'
    ? {
        split: `${node.column} ${node.cell} ${node.missingGoesLeft}`,
        left: plainOf(state, tree, 2 * index + 1),
        right: plainOf(state, tree, 2 * index + 2),
      }
    : { weight: node.weight };
};

test('a plain recursive trainer that looks at the rows themselves grows the same trees', () => {
  for (const kind of ['two', 'three', 'number'] as const) {
    const target = mixedTargets[kind];
    const trees = treesOf({ stages: 2, depth: 3, bins: 8, lambda: 0.7, gamma: 0.05 }, target);
    const { layout } = trees;
    const rows = mixedRows(target, 300, 21);
    const state = stateOf(trees, last(trainSummed(trees, divided(rows, 3, 2)).versions));
    const binned = binRows(layout.columns, state.edges, rows.features, rows.count);
    const unit = derivativeUnit(layout.objective);
    const { lambda, gamma, minimumChildWeight, learningRate, depth } = layout.spec;
    const scores = Array.from({ length: rows.count }, () => new Float64Array(layout.outputs));
    for (let stage = 0; stage < 2; stage += 1) {
      const derive = derivatives(layout.objective);
      const g = scores.map(() => new Float64Array(layout.outputs));
      const h = scores.map(() => new Float64Array(layout.outputs));
      scores.forEach((own, row) => derive(own, rows.targets[row]!, g[row]!, h[row]!));
      for (let output = 0; output < layout.outputs; output += 1) {
        const add = (from: readonly Float64Array[], of: readonly number[]): number =>
          of.reduce((total, row) => total + from[row]![output]! * unit, 0);
        const score = (of: readonly number[]): number => add(g, of) ** 2 / (add(h, of) + lambda);
        const grow = (own: readonly number[], level: number): Plain => {
          const cellOf = (row: number, column: number): number => binned[row * 3 + column]!;
          let best: { gain: number; split: string; left: number[]; right: number[] } | undefined;
          for (const [index, column] of layout.columns.columns.entries())
            for (let cell = 0; level < depth && cell < column.cells - 1; cell += 1) {
              const missing = own.filter((row) => cellOf(row, index) === column.cells - 1);
              const isLeft = (at: number) => (column.type === 'number' ? at <= cell : at === cell);
              const present = own.filter((row) => !missing.includes(row));
              const lower = present.filter((row) => isLeft(cellOf(row, index)));
              const upper = present.filter((row) => !isLeft(cellOf(row, index)));
              const ways = missing.length > 0 ? [true, false] : [add(h, lower) >= add(h, upper)];
              for (const toLeft of ways) {
                const left = toLeft ? [...lower, ...missing] : lower;
                const right = toLeft ? upper : [...upper, ...missing];
                if (Math.min(add(h, left), add(h, right)) < Math.max(minimumChildWeight, 1e-9)) continue;
                const gain = (score(left) + score(right) - score(own)) / 2 - gamma;
                if (gain > (best?.gain ?? 0))
                  best = { gain, split: `${index} ${cell} ${toLeft}`, left, right };
              }
            }
          const weight = Math.fround((-learningRate * add(g, own)) / (add(h, own) + lambda));
          if (best !== undefined)
            return {
              split: best.split,
              left: grow(best.left, level + 1),
              right: grow(best.right, level + 1),
            };
          for (const row of own) scores[row]![output]! += weight;
          return { weight: expect.closeTo(weight, 7) };
        };
        const all = Array.from(scores.keys());
        const expected = grow(all, 0);
        expect(plainOf(state, stage * layout.outputs + output)).toEqual(expected);
        expect(expected).toHaveProperty('split');
      }
    }
  }
});
