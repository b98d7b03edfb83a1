// An update as it leaves the device, where a part of the model is the device's own.
import { expect, test } from 'vitest';
import * as v from 'valibot';
import { digestOfText } from '../core/digest.ts';
import { ParticipantId } from '../core/ids.ts';
import { Configured } from '../protocol/messages.ts';
import { formUpdate, readOneByOne } from './form-update.ts';
import { drawFromPlatform } from './protection.ts';

const participant = v.parse(ParticipantId, 'ab'.repeat(16));
const message = v.parse(Configured, {
  federation: 'own-part',
  run: 1,
  round: 1,
  base: { version: 0, digest: digestOfText('base'), bytes: 20, deltas: [] },
  plan: {
    localEpochs: 1,
    batchSize: 1,
    learningRate: 1,
    optimizer: { type: 'sgd', momentum: 0 },
    proximalTerm: 0,
    seed: 1,
  },
  uplink: 'topk:0.2',
  asks: [],
  controls: null,
  deadlineMs: 1_000,
});

test.each(['f32', 'topk:0.2'])('by %s holds zeros there, and so does what is left for the next', (uplink) => {
  const formed = formUpdate({
    draw: drawFromPlatform,
    message: { ...message, uplink },
    participant,
    base: Float32Array.of(1, 1, 1, 1, 1),
    after: Float32Array.of(2, 9, 1.5, 9, 1.25),
    residual: Float32Array.of(0, 5, 0, 5, 0),
    own: [
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ],
    controlChange: null,
    examples: 1,
    steps: 1,
    baseLoss: null,
  });
  if (!formed.ok) throw new Error(formed.error);
  const { entry, residual } = readOneByOne(formed.value);
  if (uplink === 'f32')
    expect(new Float32Array(entry.bytes.slice().buffer)).toEqual(Float32Array.of(1, 0, 0.5, 0, 0.25));
  // The largest of five is sent; nothing of the own part waits its turn.
  else expect(residual).toEqual(Float32Array.of(0, 0, 0.5, 0, 0.25));
});
