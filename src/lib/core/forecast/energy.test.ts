import { expect, test } from 'vitest';
import { aboutWatts, deviceKinds, energyOf, energyWords, wattsWords } from './energy.ts';

test('energy is time by watts, and always a range', () => {
  // 5 min by 5 to 20 W: 1/12 h · 5 W = 0.417 Wh, · 20 W = 1.67 Wh.
  const watts = { low: 5, high: 20 };
  const energy = energyOf(300_000, watts);
  expect(energy.low).toBeCloseTo(5 / 12, 12);
  expect(energy.high).toBeCloseTo(20 / 12, 12);
  expect(`${energyWords(energy)}, by ${wattsWords(watts)}`).toBe('between 0.42 and 1.7 Wh, by 5 to 20 W');
});

test('a whole run is told in kWh, and next to nothing as such', () => {
  // 40 device-hours of laptops: 400 to 2,400 Wh.
  expect(energyWords(energyOf(40 * 3_600_000, deviceKinds.laptop.watts))).toBe('between 0.4 and 2.4 kWh');
  expect(energyWords(energyOf(0, deviceKinds.phone.watts))).toBe('less than 0.01 Wh');
  // 1 s by 2 to 6 W: at most 0.0017 Wh.
  expect(energyWords(energyOf(1000, deviceKinds.phone.watts))).toBe('less than 0.01 Wh');
});

test('a person’s own figure is a range too: a quarter less and more', () => {
  expect(wattsWords(aboutWatts(40))).toBe('30 to 50 W');
});

test('no kind of device has less than nothing, nor the ends of its range the wrong way round', () => {
  for (const { watts } of Object.values(deviceKinds)) {
    expect(watts.low).toBeGreaterThan(0);
    expect(watts.high).toBeGreaterThan(watts.low);
  }
});
