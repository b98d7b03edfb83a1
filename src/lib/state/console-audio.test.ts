import { expect, test } from 'vitest';
import { whistlesContract } from '../modalities/audio/sample-whistles.ts';
import { contractTyped } from './console-draft-check.ts';
import { contractDraft, emptyDraft } from './console-draft.ts';
import { contractSentence } from './console-plan-sentences.ts';

test('a contract of sound comes out of the form as it went in, with its speakers kept together or not', () => {
  for (const contract of [whistlesContract, { ...whistlesContract, groups: 'file-name' as const }])
    expect(contractTyped({ ...emptyDraft(), ...contractDraft(contract) })).toEqual(contract);
  expect(contractSentence(whistlesContract)).toBe(
    'Recordings of 500 ms at 8000 Hz, heard in 32 bands; 4 classes: falling, rising, steady, trembling.',
  );
});
