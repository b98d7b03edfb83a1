import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, roundOf, sample, settingFor } from '../../../../test/support/fold-updates.ts';
import { fedavg } from './fedavg.ts';
import { fedbuff } from './fedbuff.ts';

describe('buffered asynchronous averaging', () => {
  test('counts an update from three versions ago half, and divides by how many there are', () => {
    // s(0) = 1, s(3) = 4^−½ = ½: (1 + ½ · 4) / 2 = 1.5, at half the server rate 0.75. Examples do not count.
    const updates = [sample([1], { examples: 1000 }), sample([4], { staleness: 3 })];
    const base = Float32Array.of(1);
    expect(roundOf(fedbuff, updates, base, settingFor(fedbuff, 1)).parameters).toEqual(Float32Array.of(2.5));
    expect(roundOf(fedbuff, updates, base, settingFor(fedbuff, 1, { lr: 0.5 })).parameters).toEqual(
      Float32Array.of(1.75),
    );
    // A buffer that is stale throughout steps less far: 4 / √4 / 1.
    expect(roundOf(fedbuff, updates.slice(1), base, settingFor(fedbuff, 1)).parameters).toEqual(
      Float32Array.of(3),
    );
  });

  test('is the plain mean bit for bit where nothing is stale', () => {
    const value = fc.float({ min: -64, max: 64, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 7 }),
        (updates) => {
          // The weighted mean of devices with one example each.
          const samples = updates.map((values) => sample(values, { examples: 1 }));
          const base = Float32Array.of(0.3, -2);
          expect(bytesOf(roundOf(fedbuff, samples, base, settingFor(fedbuff, 2)).parameters)).toEqual(
            bytesOf(roundOf(fedavg, samples, base, settingFor(fedavg, 2)).parameters),
          );
        },
      ),
      { seed: 15, numRuns: 200 },
    );
  });
});
