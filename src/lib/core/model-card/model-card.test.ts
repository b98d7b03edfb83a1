import { expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import type { Gate } from '../gates/gate.ts';
import type { SettledTally } from '../metrics/tally.ts';
import { modelCard, type CardFacts, type CardVersion } from './model-card.ts';

const spec = exampleSpec();
const made: CardFacts = {
  federation: 'two-moons',
  spec: {
    ...spec,
    brief: { ...spec.brief, unit: 'A point', outOfScope: 'Stars | <b>suns</b>\n# and more', version: 1 },
  },
  now: { ...spec, brief: { ...spec.brief, unit: 'A pair', version: 2 } },
  version: {
    version: 2,
    digest: 'ab'.repeat(32),
    parent: 1,
    run: 1,
    round: 3,
    committedAt: Date.UTC(2026, 10, 26),
    bytes: 24,
    bytesUp: 600,
    participants: 3,
    examples: 90,
    durationMs: 40_000,
    evaluation: {
      participants: 3,
      tally: { type: 'classification', count: 20, lossSum: 4, confusion: [8, 2, 5, 5] },
      spread: null,
    },
  },
  versions: [
    { version: 0, run: null },
    { version: 1, run: 1 },
    { version: 2, run: 1 },
  ],
  isLive: false,
  areas: [{ label: 'left', area: 0.75, interval: { low: 0.512, high: 0.8964 } }],
};

test('a card tells for what and under which brief a version was made, what it takes, what was measured, and whether it may be live', () => {
  const gates: Gate[] = [{ kind: 'quality', metric: 'accuracy', threshold: 0.9 }];
  const card = modelCard({ ...made, now: { ...made.now, gates } });
  expect(card).toContain('# Two moons: version 2\n');
  expect(card).toContain('## What it is for (brief, version 1)');
  expect(card).toContain('- **One prediction is for:** A point');
  expect(card).toContain('- **Decision that it informs:** not said');
  expect(card).toMatch(/changed its brief since \(version 2\): One prediction is for, Not to be used for\./);
  expect(card).toContain('| x | number | any | refused |');
  expect(card).toContain('Told: side, 2 classes: “left”, “right”.');
  expect(card).toContain('- **Rounds of its run:** 2');
  expect(card).toContain('| Accuracy | 0.65 |');
  expect(card).toContain('| left | 10 | 0.8 | 0.6154 | 0.6957 |');
  expect(card).toContain('| left | 0.75 | 0.512 to 0.8964 |');
  expect(card).toContain('| Accuracy | quality | at least 90\u202f% | 65\u202f% | failed |');
  expect(card).toContain('- **Noise:** none');
});

test('a card of a version whose round tried local settings says which, and by what chances', () => {
  const tuning = [0.1, 0.3].map((learningRate) => ({
    learningRate,
    localEpochs: 1,
    batchSize: 10,
    chance: 0.5,
  }));
  const card = modelCard({ ...made, version: { ...made.version, tuning } });
  expect(card).toContain('- **On each device:** sgd, by one of the settings that its round tried');
  expect(card).toContain('batches of 10, at 0.3 with a chance of 0.5');
  expect(modelCard(made)).not.toContain('tried');
});

test('devices that never trained are told of apart, with what they made of the version where they made something', () => {
  const tally: SettledTally = { type: 'classification', count: 10, lossSum: 4, confusion: [3, 2, 2, 3] };
  const own: SettledTally = { ...tally, confusion: [5, 0, 1, 4] };
  const cardOf = (neverTrained: NonNullable<NonNullable<CardVersion['evaluation']>['neverTrained']>) =>
    modelCard({
      ...made,
      version: { ...made.version, evaluation: { ...made.version.evaluation!, neverTrained } },
    });
  const plain = 'On 10 rows of 2 devices that never trained, held out by lot, Accuracy: 0.6';
  expect(cardOf({ participants: 2, tally })).toContain(`${plain}.`);
  expect(cardOf({ participants: 2, tally, personal: { participants: 1, tally: own } })).toContain(
    `${plain}; of what each made of it for itself, by the same rows, from which it did not learn (1 device): 0.9.`,
  );
});

test('words of others stay words: no heading, cell or tag is made of them', () => {
  expect(modelCard(made)).toContain(
    '- **Not to be used for:** Stars \\| &lt;b&gt;suns&lt;/b&gt; \\# and more\n',
  );
});

test('what nobody measured is said to be so', () => {
  const unscored = { ...made, version: { ...made.version, evaluation: null } };
  expect(modelCard(unscored)).toContain('Nothing: no device has told how it does.');
});
