import { expect, test } from 'vitest';
import type { TableContract } from '../core/data/contract.ts';
import type { PreviewedSetting } from '../participant/rebuild-preview.ts';
import { spec } from '../../../test/doubles/scripted-federation.ts';
import {
  changes,
  comparedCells,
  conclusion,
  findingSentence,
  pixelsOf,
  settingTitle,
} from './rebuild-words.ts';

const found: PreviewedSetting = {
  name: 'whole',
  rows: 64,
  steps: 8,
  devices: 1,
  own: new Float32Array(1),
  guess: new Float32Array(1),
  likeness: 34.21,
  without: 15.5,
  verdict: 'rebuilt',
};

test('a finding says what was reached and what guessing reaches, and claims no safety', () => {
  expect(settingTitle(found, 'image', false)).toBe('64 pictures in 8 steps: the update that would be sent');
  expect(findingSentence(found, 'image')).toBe(
    'Whoever knows this picture would recognise it: 34\u202fdB. Without the update one comes to 16\u202fdB.',
  );
  const rows = { ...found, likeness: 2 / 3, without: null, verdict: 'nothing' } as const;
  expect(findingSentence(rows, 'table')).toBe('No closer than guessing: 67\u202f% of its columns.');
  expect(findingSentence({ ...rows, likeness: null }, 'table')).toBe(
    'The update gave this attack nothing to begin with.',
  );
  expect(conclusion({ attack: 'dense-layer', settings: [found, { ...rows, name: 'sum' }] }, 'table')).toBe(
    'Under this federation’s settings this attack found none of your rows.',
  );
});

test('what is in force is told from what would change it', () => {
  const words = (changed: Partial<typeof spec>): string => changes({ ...spec, ...changed }).join(' ');
  expect(words({})).toContain('No secure sum');
  expect(words({})).toContain('No noise is added');
  const noise = { clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 };
  // Noise of the server comes after it has read the update: it protects from others, not from the server.
  expect(words({ privacy: { type: 'central', ...noise } })).toContain('after it has read this update');
  expect(words({ privacy: { type: 'local', ...noise } })).toContain('before the update leaves it');
  expect(words({ transfer: { uplink: 'eden:3', downlink: 'f32' } })).toContain('not made for hiding');
});

test('cells are compared in the contract’s own units', () => {
  const contract: TableContract = {
    kind: 'table',
    columns: [
      {
        type: 'number',
        name: 'age',
        minimum: null,
        maximum: null,
        missingAllowed: true,
        mean: 50,
        standardDeviation: 10,
      },
      { type: 'category', name: 'sex', categories: ['female', 'male'], missingAllowed: false },
    ],
    target: { type: 'number', name: 'days', mean: 0, standardDeviation: 1 },
  };
  expect(comparedCells(contract, [1, 0, 0, 1], [1.05, 0.1, 0.6, 0.4])).toEqual([
    { column: 'age', own: '60', guess: '60.5', right: true },
    { column: 'sex', own: 'male', guess: 'female', right: false },
  ]);
  expect(comparedCells(contract, [0, 1, 0, 1], [0, 1, 0, 1])[0]).toMatchObject({ own: 'empty', right: true });
  expect([...pixelsOf([-1, 0.5, 2])]).toEqual([0, 128, 255]);
});
