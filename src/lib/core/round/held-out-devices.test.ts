import * as v from 'valibot';
import { expect, test } from 'vitest';
import { digestOfText } from '../digest.ts';
import { FederationId, ParticipantId } from '../ids.ts';
import { neverTrains } from './held-out-devices.ts';

const federation = v.parse(FederationId, 'wards');
const devices = Array.from({ length: 10_000 }, (_, index) =>
  v.parse(ParticipantId, digestOfText(`device ${index}`).slice(0, 32)),
);

test('about the share of all devices never trains, the same for good, and others in another federation', () => {
  const apart = devices.filter(neverTrains(federation, { heldOutDevices: 0.2 }));
  // Four standard deviations of a coin that falls so 10,000 times.
  expect(Math.abs(apart.length - 2000)).toBeLessThan(4 * Math.sqrt(10_000 * 0.2 * 0.8));
  expect(apart.slice(0, 3).map((one) => devices.indexOf(one))).toEqual([0, 6, 7]);
  const elsewhere = devices.filter(neverTrains(v.parse(FederationId, 'clinics'), { heldOutDevices: 0.2 }));
  const both = elsewhere.filter((one) => apart.includes(one)).length;
  expect(Math.abs(both - 400)).toBeLessThan(4 * Math.sqrt(10_000 * 0.04 * 0.96));
});

test('a larger share holds the same devices out, and more; none where nothing is said', () => {
  const larger = neverTrains(federation, { heldOutDevices: 0.3 });
  const smaller = devices.filter(neverTrains(federation, { heldOutDevices: 0.1 }));
  expect(smaller.length).toBeGreaterThan(0);
  expect(smaller.every(larger)).toBe(true);
  expect(devices.some(neverTrains(federation, {}))).toBe(false);
});
