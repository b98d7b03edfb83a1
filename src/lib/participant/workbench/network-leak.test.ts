// Where a network that is seen by has learnt from rows that judge.
import { expect, test } from 'vitest';
import { usualSetup } from '../../../../test/support/train-setup.ts';
import type { DatasetVersion, Digest } from '../../core/ids.ts';
import { networkLeak } from './network-leak.ts';
import type { TrainSetup } from './run-manifest.ts';

interface Rows {
  readonly id?: string;
  readonly version?: string;
  readonly data?: string;
}
const run = (setup: Partial<TrainSetup> = {}, { id = 'set', version = 'a', data = version }: Rows = {}) => ({
  dataset: { id, name: 'Digits', state: 1, version: version.repeat(64) as DatasetVersion },
  manifest: {
    format: 1 as const,
    setup: { ...usualSetup, data: ['digits.csv'], ...setup },
    program: '1',
    node: '1',
    data: data.repeat(64) as Digest,
    trials: [],
    finished: null,
  },
});

test('a network of the same rows may be seen by where the very same rows are held out, and nothing else judges', () => {
  expect(networkLeak(run(), run())).toBeUndefined();
  // As it stands in a record where nobody chose.
  expect(networkLeak(run({ stratify: true }), run())).toBeUndefined();
  expect(networkLeak(run({ heldOut: 0.3 }), run())).toContain('held out other rows than this one: 20 %');
  expect(networkLeak(run(), run({ stratify: false }))).toContain('20 % of the rows, at random');
  expect(networkLeak(run({ folds: 5 }), run())).toContain('Leave cross-validation out, or choose a network');
  expect(networkLeak(run({ checkLabels: true }), run())).toContain('Leave the check out');
  // The dataset has other rows since.
  expect(networkLeak(run(), run({}, { version: 'b' }))).toContain(
    'other rows of “Digits” than there are now',
  );
});

test('a split that was drawn anew between the two runs is told, however alike they were asked', () => {
  const parted = (below: number) => {
    const one = run();
    const classes = [{ label: 'even', below }];
    const asked = { target: 'digit', heldOut: 0.2, group: null, time: null, columns: null };
    const split = { ...asked, borders: { type: 'rows' as const, classes } };
    return { ...one, manifest: { ...one.manifest, split } };
  };
  expect(networkLeak(parted(900), parted(900))).toBeUndefined();
  expect(networkLeak(parted(900), parted(800))).toContain('The split was drawn anew between');
  // An earlier program kept no borders.
  expect(networkLeak(parted(900), run())).toBeUndefined();
});

test('the same rows are known by another name; of other data nothing is said', () => {
  const copied = run({}, { id: 'copy' });
  expect(networkLeak(run(), copied)).toBeUndefined();
  expect(networkLeak(run({ heldOut: 0.3 }), copied)).toContain('would judge');
  // The same rows, whose labels may be others.
  expect(networkLeak(run(), run({}, { id: 'copy', version: 'b', data: 'a' }))).toContain('would judge');
  expect(
    networkLeak(run({ folds: 5 }), run({ heldOut: 0.3 }, { id: 'other', version: 'b' })),
  ).toBeUndefined();
});
