import { expect, test } from 'vitest';
import * as v from 'valibot';
import { FederationSpec, type NetworkFederation } from '#lib/core/federation.ts';
import { FederationId } from '#lib/core/ids.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import { asynchronousSpec, exampleSpec } from '../../test/simulation/example-spec.ts';
import { checkSpec } from '../coordinator/check-spec.ts';
import { mirrored, whyNoEdge, type Above, type EdgeRules } from './mirror.ts';

const above: Above = { url: 'https://trial.example', federation: v.parse(FederationId, 'heart') };
const rules: EdgeRules = {
  rounds: 2,
  devices: 6,
  minimum: 5,
  waitMs: 3_000,
  invited: true,
  name: 'St Mary’s',
};

test('devices of an edge are asked for the same data, model and plan, and told where what they learn goes', () => {
  const upper = exampleSpec({ target: 0.9, transfer: { uplink: 'eden:3', downlink: 'eden:4' } });
  const spec = mirrored(upper, rules, above) as NetworkFederation;
  expect(checkSpec(spec).ok).toBe(true);
  expect(v.parse(FederationSpec, spec)).toEqual(spec);
  const { contract, network, plan } = upper;
  expect(spec).toMatchObject({ contract, network, plan, metric: { name: 'accuracy', target: null } });
  expect(spec).toMatchObject({
    transfer: { uplink: 'f32', downlink: 'f32' },
    access: { type: 'invited' },
    // Two rounds in four fifths of the minute that the upper round gives.
    rules: { goal: 6, minimum: 5, overSelection: 1, reportingDeadlineMs: 24_000, maximumRounds: 200 },
  });
  expect(spec.brief).toMatchObject({
    coordinator: 'St Mary’s, for A lab',
    purpose:
      'To test. This server is an edge: what the devices here learn together it passes on to the federation “heart” at https://trial.example, where it counts as one participant.',
  });
});

test('a purpose as long as one may be is cut, and what is passed on is not', () => {
  const upper = exampleSpec();
  const long = { ...upper, brief: { ...upper.brief, purpose: 'x'.repeat(1000) } };
  const { purpose } = mirrored(long, rules, above).brief;
  expect(purpose).toHaveLength(1000);
  expect(purpose).toMatch(/x… This server is an edge: .* as one participant\.$/);
});

test('where the upper server sees sums alone, so does the edge', () => {
  const upper: FederationSpec = {
    ...exampleSpec({ rules: { goal: 15, minimum: 15 }, strategy: { name: 'median', options: {} } }),
    secureSum: { ...usualSecureSum, groups: 3 },
  };
  const spec = mirrored(upper, rules, above);
  expect(spec.secureSum).toEqual(usualSecureSum);
  expect(checkSpec(spec).ok).toBe(true);
});

test('what an edge would make something else of is refused, with what to do instead', () => {
  const plain = exampleSpec();
  expect(whyNoEdge(plain, above)).toBeUndefined();
  expect(whyNoEdge({ ...plain, strategy: { name: 'median', options: {} } }, above)).toBeUndefined();
  expect(whyNoEdge({ ...plain, strategy: { name: 'scaffold', options: {} } }, above)).toBe(
    'An edge cannot take part in “heart” at https://trial.example: SCAFFOLD keeps a control for each device that trains, and an edge trains nothing itself. Let the devices join that server by themselves, or ask its coordinator for a federation that can have edges.',
  );
  const refusals: readonly [FederationSpec, RegExp][] = [
    [asynchronousSpec(4), /asynchronous/],
    [exampleSpec({ rules: { heldOutDevices: 0.2 } }), /never train/],
    [{ ...plain, strategy: { name: 'qfedavg', options: {} } }, /loss at the base/],
    [{ ...plain, strategy: { name: 'fednova', options: {} } }, /local steps/],
    [{ ...plain, personalisation: { type: 'fedper', layers: 1 } }, /each device’s own/],
    [{ ...plain, personalisation: { type: 'fedbn' } }, /each device’s own/],
    [
      { ...plain, gates: [{ kind: 'latency', place: 'worst', threshold: 10 }] },
      /how long a prediction takes on each device/,
    ],
    [
      { ...plain, tuning: { by: 'fedex', learningRates: [0.1], localEpochs: [], batchSizes: [] } },
      /local settings/,
    ],
    [
      {
        ...plain,
        privacy: { type: 'central', clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 },
      },
      /that would be the edge as a whole/,
    ],
  ];
  for (const [spec, why] of refusals) expect(whyNoEdge(spec, above)).toMatch(why);
});
