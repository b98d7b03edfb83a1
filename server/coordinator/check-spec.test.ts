import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FederationSpec } from '#lib/core/federation.ts';
import { pinRecipe } from '#lib/core/recipe/pinned.ts';
import { usualStep } from '#lib/core/recipe/recipe.ts';
import { drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { digitsFederation } from '../demo/demo-federations.ts';
import { exampleSpec } from '../../test/simulation/example-spec.ts';
import { anyValueAnywhere, values } from '../../test/support/any-value-anywhere.ts';
import { checkSpec } from './check-spec.ts';

type Input = v.InferInput<typeof FederationSpec>;
const { brief, contract, metric, rules, sample } = exampleSpec();
if (contract.kind !== 'table') throw new Error('The example is of a table.');
const ofTrees = { brief, contract, metric, rules, sample, family: 'boosted-trees', trees: {} } as const;
const ofClusters = {
  ...{ brief, contract, rules, sample },
  metric: { name: 'inertia', target: null },
  family: 'k-means',
  clusters: {},
} as const;

const { spec: digits } = digitsFederation(1);
const varied = { flip: false, shift: 0, turn: 0, light: 0, cutout: 0 };

const pathsOf = (spec: Input): readonly string[] => {
  const checked = checkSpec(v.parse(FederationSpec, spec));
  return checked.ok ? [] : checked.error.map(({ path }) => path);
};

test('a summed model fits with what its federation says when it says nothing', () => {
  expect(pathsOf(ofTrees)).toEqual([]);
  expect(pathsOf(ofClusters)).toEqual([]);
  expect(pathsOf({ ...ofClusters, contract: drawnDigitsContract })).toEqual([]);
});

test.each<readonly [Input, readonly string[]]>([
  [{ ...ofTrees, contract: drawnDigitsContract }, ['spec.family']],
  [{ ...ofTrees, metric: ofClusters.metric }, ['spec.metric.name']],
  [{ ...ofClusters, metric }, ['spec.metric.name']],
  [{ ...ofClusters, clusters: { clusters: 256, candidates: 16 }, contract: drawnDigitsContract }, []],
  [
    { ...ofTrees, trees: { depth: 8, bins: 256 }, contract: { ...contract, columns: manyColumns() } },
    ['spec.family'],
  ],
  [
    { ...ofTrees, transfer: { uplink: 'f32', downlink: 'eden:4' }, guard: { normFactor: 3 } },
    ['spec.transfer.downlink', 'spec.guard.normFactor'],
  ],
  [
    { ...exampleSpec(), plan: { ...exampleSpec().plan, augmentation: { ...varied, flip: true } } },
    ['spec.plan.augmentation'],
  ],
  [{ ...digits, plan: { ...digits.plan, augmentation: { ...varied, flip: true } } }, []],
  [{ ...digits, plan: { ...digits.plan, augmentation: varied } }, ['spec.plan.augmentation']],
])('of %# everything that does not fit is named at its field', (spec, paths) =>
  expect(pathsOf(spec)).toEqual(paths),
);

test('a recipe fits where it is as its digest says, and the network takes what it makes of the columns', () => {
  const steps = [usualStep('cast'), usualStep('log', { columns: ['x'] })];
  const states = [['x', 'y'].map((name) => ({ name, to: 'number', hadMissing: false })), [{ name: 'x' }]];
  const pinned = pinRecipe({ recipe: { steps }, states, inputs: ['x', 'y'] }, contract, 'a test');
  if (!pinned.ok) throw new Error(pinned.error);
  const recipe = pinned.value;
  expect(pathsOf({ ...exampleSpec(), recipe })).toEqual([]);
  const altered = { ...recipe, text: recipe.text.replaceAll('"x"', '"y"') };
  expect(pathsOf({ ...exampleSpec(), recipe: altered })).toEqual(['spec.recipe']);
  expect(pathsOf({ ...digits, recipe })).toEqual(['spec.recipe']);
  expect(pathsOf({ ...ofTrees, recipe })).toEqual(['spec.recipe']);
  const narrow = pinRecipe(
    { recipe: { steps: [usualStep('cast')] }, states: [[states[0]![0]!]], inputs: ['x'] },
    contract,
    'a test',
  );
  if (!narrow.ok) throw new Error(narrow.error);
  expect(pathsOf({ ...exampleSpec(), recipe: narrow.value })).toEqual(['spec.network.inputShape']);
});

test('a spec of one kind holds nothing of another', () => {
  const { network } = exampleSpec();
  for (const spec of [
    { ...ofTrees, network },
    { ...ofTrees, clusters: {} },
    { ...exampleSpec(), trees: {} },
  ])
    expect(v.is(FederationSpec, spec)).toBe(false);
});

/** What a field may well hold, though hardly beside the others. */
const small = fc.constantFrom(0, 1, 2, 3, 7, 40, 0.5, true, false);

test.each([
  ['a network', exampleSpec()],
  ['trees', v.parse(FederationSpec, ofTrees)],
  ['clusters', v.parse(FederationSpec, ofClusters)],
])('any value in any place of a spec of %s is refused at its field, or fits', (_, spec) => {
  let read = 0;
  fc.assert(
    fc.property(anyValueAnywhere(spec, fc.oneof(values, small)), (text) => {
      const parsed = v.safeParse(FederationSpec, JSON.parse(text));
      if (!parsed.success) return;
      read += 1;
      const checked = checkSpec(parsed.output);
      if (checked.ok) return;
      for (const { path, message } of checked.error) {
        expect(path).toMatch(/^spec\.\w/);
        expect(message).toMatch(/\S.*\.$/s);
      }
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(read).toBeGreaterThan(10);
});

/** Histograms of 1000 columns at depth 8 are beyond what an update may carry. */
function manyColumns(): Extract<Input['contract'], { kind: 'table' }>['columns'] {
  if (contract.kind !== 'table') throw new Error('It is a table.');
  return Array.from({ length: 1000 }, (_, index) => ({ ...contract.columns[0]!, name: `column ${index}` }));
}
