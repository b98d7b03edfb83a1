import { describe, expect, test } from 'vitest';
import { bytesOf, roundOf, sample, settingFor, tryRound } from '../../../../test/support/fold-updates.ts';
import { random } from '../random.ts';
import { fedbuff } from './fedbuff.ts';
import { scaffold } from './scaffold.ts';

describe('SCAFFOLD, the server’s half', () => {
  test('moves the model by the mean and the control by the share of participants that reported', () => {
    // Two of eight. Δy: (1 + 3) / 2 = 2 and (−1 + 0) / 2 = −½; at η = ½: 1 and −¼.
    // c: (2/8) · mean = Σ / 8: (4 + 4) / 8 = 1 and (0 − 2) / 8 = −¼.
    const setting = settingFor(scaffold, 2, { lr: 0.5 }, { population: 8 });
    const updates = [sample([1, -1, 4, 0], { examples: 500 }), sample([3, 0, 4, -2])];
    const first = roundOf(scaffold, updates, Float32Array.of(1, 1), setting);
    expect(first).toEqual({ parameters: Float32Array.of(2, 0.75), state: Float32Array.of(1, -0.25) });
    const second = roundOf(scaffold, updates, first.parameters, setting, first.state);
    expect(second).toEqual({ parameters: Float32Array.of(3, 0.5), state: Float32Array.of(2, -0.5) });
  });

  test('with all participants and controls from zero, the control is the mean of theirs', () => {
    const setting = settingFor(scaffold, 1, {}, { population: 2 });
    const made = roundOf(scaffold, [sample([0, 3]), sample([0, 1])], Float32Array.of(0), setting);
    expect(made.state).toEqual(Float32Array.of(2));
  });

  test('is the plain mean bit for bit where no control changes', () => {
    const draw = random(16);
    const updates = Array.from({ length: 5 }, () => [draw.normal(), draw.normal(), draw.normal()]);
    const base = Float32Array.of(1, -0.1, 3e-5);
    const made = roundOf(
      scaffold,
      updates.map((values) => sample([...values, 0, 0, 0])),
      base,
      settingFor(scaffold, 3),
    );
    const mean = roundOf(
      fedbuff,
      updates.map((values) => sample(values)),
      base,
      settingFor(fedbuff, 3),
    );
    expect(bytesOf(made.parameters)).toEqual(bytesOf(mean.parameters));
    expect(made.state).toEqual(new Float32Array(3));
  });

  test('one participant who reported twice is not two shares of one', () => {
    const setting = settingFor(scaffold, 1, {}, { population: 1 });
    const made = roundOf(scaffold, [sample([0, 3]), sample([0, 1])], Float32Array.of(0), setting);
    expect(made.state).toEqual(Float32Array.of(2));
  });

  test('refuses a control that f32 cannot hold, by its parameter', () => {
    const setting = settingFor(scaffold, 2);
    expect(
      tryRound(scaffold, [sample([0, 0, 0, 0])], new Float32Array(2), Float32Array.of(0, -Infinity), setting),
    ).toEqual({ ok: false, error: { kind: 'not-finite', index: 1 } });
  });
});
