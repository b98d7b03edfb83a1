import { expect, test } from 'vitest';
import { spec } from '../../../test/doubles/scripted-federation.ts';
import { versionFixture, viewFixture } from './console-views.fixture.ts';
import { FederationSpec } from '../core/federation.ts';
import * as v from 'valibot';
import { askedOf, modelChoices, ownChoice } from './model-choice.ts';

const versions = [versionFixture(0, null), versionFixture(1, 50)];
const view = { ...viewFixture({}), live: versions[1]!.version };

test('a model of one’s own stands on the live version, and is there only where the federation personalises', () => {
  expect(ownChoice({ ...view, spec }, versions)).toBeUndefined();
  const personalisation = { type: 'fedper', layers: 1 } as const;
  expect(ownChoice({ ...view, spec: { ...spec, personalisation } }, versions)).toEqual({
    id: 'own',
    title: 'Your own model',
    network: spec.network,
    source: {
      type: 'own',
      federation: view.id,
      personalisation,
      digest: versions[1]!.digest,
      bytes: versions[1]!.bytes,
    },
  });
});

test('versions of trees are asked as trees, with what they were grown for and nothing else', () => {
  const { brief, contract, rules, metric, sample } = spec;
  const trees = v.parse(FederationSpec, {
    ...{ brief, contract, rules, metric, sample },
    family: 'boosted-trees',
    trees: { stages: 7 },
  });
  const [newest] = modelChoices(versions, trees, 1, []);
  expect(newest).toMatchObject({ id: 'v1', title: 'Version 1 (live)' });
  expect(askedOf(newest!)).toEqual({
    sums: {
      family: 'boosted-trees',
      trees: { ...('trees' in trees ? trees.trees : {}), stages: 7 },
      contract,
    },
    source: { type: 'version', digest: versions[1]!.digest, bytes: versions[1]!.bytes },
  });
});
