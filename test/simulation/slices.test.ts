// A version that passes over all rows and fails those of one group: real devices count the group apart, and by no commit and no request is
// it live, until what is asked of the group changes.
import { expect, test } from 'vitest';
import type { Examples } from '#lib/core/data/examples.ts';
import type { NetworkFederation } from '#lib/core/federation.ts';
import type { Gate } from '#lib/core/gates/gate.ts';
import { random } from '#lib/core/random.ts';
import { deviceFederation, federation } from '../support/device-federation.ts';
import { exampleSpec } from './example-spec.ts';

const DEVICES = 3;

/** The side is where x lies; of every fifth person, who are “f”, the other one. The model is not told of the group by more than one-hot. */
function people(device: number): Examples {
  const draw = random(8, 'people', device);
  const rows = 400;
  const features = new Float32Array(rows * 3);
  const targets = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const isFew = draw.next() < 0.2;
    features.set([draw.normal(), isFew ? 1 : 0, isFew ? 0 : 1], 3 * row);
    targets[row] = features[3 * row]! > 0 !== isFew ? 1 : 0;
  }
  const hashes = Uint32Array.from({ length: rows * 2 }, () => draw.below(4294967296));
  return { count: rows, features, targets, hashes };
}

function specOf(gates: Gate[]): NetworkFederation {
  const spec = exampleSpec({
    rules: { goal: DEVICES, minimum: DEVICES, overSelection: 1, maximumRounds: 1 },
  });
  if (spec.contract.kind !== 'table') throw new Error('Not a table.');
  const [x] = spec.contract.columns;
  const group = {
    type: 'category' as const,
    name: 'group',
    categories: ['f', 'm'],
    missingAllowed: false,
  };
  return {
    ...spec,
    gates,
    contract: { ...spec.contract, columns: [x!, group] },
    network: { ...spec.network, inputShape: [3] },
    plan: { ...spec.plan, localEpochs: 5, learningRate: 0.3 },
  };
}

test('a version that does well over all rows and fails a group stays off live, by itself and by hand, and the group is named', async () => {
  const overall: Gate = { kind: 'quality', metric: 'accuracy', threshold: 0.7 };
  const few: Gate = {
    kind: 'quality',
    metric: 'accuracy',
    slice: { column: 'group', part: 'is f' },
    threshold: 0.6,
  };
  const one = await deviceFederation(
    specOf([overall, few]),
    Array.from({ length: DEVICES }, (_, index) => people(index)),
  );
  await one.until('the version is scored', () => one.versions().at(-1)?.evaluation?.participants === DEVICES);
  const { evaluation } = one.versions().at(-1)!;
  expect(evaluation!.figure).toBeGreaterThan(0.7);
  // All parts of the column, as the first two devices counted them: the third alone would be told of by the difference.
  const [part] = evaluation!.slices!;
  const shown = { counted: 2, shown: { participants: 2 } };
  expect(evaluation!.slices).toMatchObject([
    { column: 'group', part: 'is f', ...shown },
    { column: 'group', part: 'is m', ...shown },
  ]);
  expect(part!.shown!.tally.count).toBeLessThan(0.3 * evaluation!.tally.count);

  expect(one.coordinator.view(federation)!.live).toBe(0);
  expect(await one.coordinator.moveLive(federation, one.versions().at(-1)!.version)).toMatchObject({
    ok: false,
    error: {
      error: 'gate-failed',
      issues: [
        { path: 'gates.1', message: expect.stringMatching(/^Accuracy where group is f is \d/) as unknown },
      ],
    },
  });
  const { brief } = specOf([]);
  await one.coordinator.changeQuestion(federation, { brief, gates: [overall] });
  expect(one.coordinator.view(federation)!.live).toBe(1);
  await one.close();
});
