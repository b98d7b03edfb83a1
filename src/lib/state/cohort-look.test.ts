import { expect, test } from 'vitest';
import type { FederationId } from '../core/ids.ts';
import type { Figures } from '../core/statistics/index.ts';
import type { ShownSurvey } from '../protocol/survey-views.ts';
import { CohortLook } from './cohort-look.svelte.ts';

const target = (no: number, yes: number): Figures => ({
  statistic: 'target',
  name: 'ill',
  classes: [
    { label: 'no', count: no },
    { label: 'yes', count: yes },
  ],
  histogram: null,
});
const ages = (counts: number[], maximum = 80): Figures => ({
  statistic: 'distributions',
  columns: [
    { type: 'number', name: 'age', missing: 3, histogram: { minimum: 0, maximum, counts, quantiles: [] } },
  ],
});
const asked = [{ statistic: 'target' }, { statistic: 'distributions', columns: ['age'], bins: 8 }] as const;
const survey = (number: number, figures: Figures[], deviations: number[]) =>
  ({
    survey: number,
    endedAt: 5,
    devices: 6,
    question: [...asked],
    figures,
    deviations,
  }) as unknown as ShownSurvey;

async function looked(shown: unknown, own: Figures[], status = 200) {
  const asked: string[] = [];
  const look = new CohortLook(
    async () => ({
      ask: async (question) => {
        asked.push(question.type);
        return { type: 'measured', figures: own };
      },
    }),
    async (path) => {
      asked.push(path);
      return new Response(JSON.stringify(shown), { status });
    },
  );
  await look.load('wards' as FederationId, 'set');
  return { look, asked };
}

test('one’s own rows are counted as those of all devices were, and compared by shares with the noise on them', async () => {
  const newest = survey(2, [target(60, 40), ages([0, -4, 50, 50, 0, 0, 0, 0])], [10, 5]);
  const older = survey(1, [target(1, 1), ages([1, 1, 1, 1, 1, 1, 1, 1])], [0, 0]);
  const { look, asked } = await looked([newest, older], [target(3, 1), ages([0, 0, 1, 2, 1, 0, 0, 0])]);
  expect(asked).toEqual(['/api/federations/wards/shown-surveys', 'measure', 'measure']);
  expect(look.columns?.get('ill')).toMatchObject({
    type: 'category',
    band: 0.196,
    survey: { survey: 2 },
    bins: [
      { label: 'no', own: 0.75, cohort: 0.6 },
      { label: 'yes', own: 0.25, cohort: 0.4 },
    ],
  });
  // What the noise left below nothing is none, and bins without any row at the ends are not drawn.
  const age = look.columns?.get('age');
  expect(age?.band).toBeCloseTo(0.098, 9);
  expect(age?.bins).toEqual([
    { label: '20 – 30', own: 0.25, cohort: 0.5 },
    { label: '30 – 40', own: 0.5, cohort: 0.5 },
    { label: '40 – 50', own: 0.25, cohort: 0 },
  ]);
});

test('columns of another range are not laid over each other, and where nothing is shown there is nothing to compare', async () => {
  const shown = [survey(1, [target(5, 5), ages([1, 1, 1, 1, 1, 1, 1, 1], 90)], [0, 0])];
  const { look } = await looked(shown, [target(3, 1), ages([0, 0, 1, 2, 1, 0, 0, 0])]);
  expect([...(look.columns?.keys() ?? [])]).toEqual(['ill']);
  expect((await looked([], [])).look.columns).toBeUndefined();
  expect((await looked({ error: 'unknown-federation' }, [], 404)).look.columns).toBeUndefined();
  expect((await looked('<html>', [])).look.columns).toBeUndefined();
});
