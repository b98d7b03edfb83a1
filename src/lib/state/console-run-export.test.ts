import { expect, test } from 'vitest';
import { exportedFederationRun } from './console-run-export.ts';
import { runRecords } from './console-runs.ts';
import { roundFixture, versionFixture, viewFixture } from './console-views.fixture.ts';

test('a run of a federation is exported round by round, with its settings and nothing of a single device', () => {
  const view = viewFixture();
  const versions = [
    versionFixture(0, null),
    versionFixture(1, 60),
    versionFixture(2, null),
    versionFixture(3, 80),
  ];
  const [run] = runRecords([roundFixture(3)], versions, 'accuracy');
  const exported = exportedFederationRun(view, run!, versions);
  expect(exported).toMatchObject({
    id: `${view.id}/1`,
    name: 'Skin lesion triage, run 1',
    experiment: 'Skin lesion triage',
    params: { family: 'softmax-regression', 'rules.goal': 3, 'plan.optimizer.type': 'sgd' },
  });
  const points = (name: string) =>
    exported.series.find((one) => one.name === name)?.points.map(({ step, value, at }) => [step, value, at]);
  expect(points('accuracy')).toEqual([
    [1, 0.6, 60_000],
    [3, 0.8, 180_000],
  ]);
  expect(points('participants')).toHaveLength(3);
  expect(exported.metrics).toMatchObject({ accuracy: 0.8 });
  expect(points('rmse')).toBeUndefined();
  // Neither the columns of anybody's data nor who took part.
  const text = JSON.stringify(exported);
  expect(text).not.toContain('benign');
  expect(text).not.toContain('cohort');
});
