// Encodings, samples and partitions that must never change by accident: published figures and the versions of people's
// datasets rest on them. Recorded from this implementation (Node 20, V8); the row's values are worked out beside it.
import { expect, test } from 'vitest';
import { bytesOf, digestBuilder, digestOf, digestOfText } from '../../src/lib/core/digest.ts';
import { partition, type Divisible, type Partition } from '../../src/lib/core/data/partition.ts';
import { random } from '../../src/lib/core/random.ts';
import { drawnDigits } from '../../src/lib/modalities/image/sample-drawn-digits.ts';
import { heartDiseaseContract } from '../../src/lib/modalities/table/heart-disease-contract.ts';
import { encodeRow } from '../../src/lib/modalities/table/row-encoder.ts';
import { patientCohortCsv } from '../../src/lib/modalities/table/sample-patient-cohort.ts';

test('the same seed divides the same data in the same way for ever', () => {
  const draw = random(1, 'targets');
  const data: Divisible = { count: 1000, targets: Int32Array.from({ length: 1000 }, () => draw.below(10)) };
  const digest = (how: Partition): string => {
    const made = partition(data, 10, how, 42);
    if (!made.ok) throw new Error(made.error.message);
    const hash = digestBuilder();
    for (const rows of made.value) hash.update(bytesOf(Uint32Array.of(rows.length))).update(bytesOf(rows));
    return hash.finish().slice(0, 16);
  };
  expect(digest({ type: 'iid' })).toBe('75bc7d5a2c532724');
  expect(digest({ type: 'shards', shardsEach: 2 })).toBe('8b8e2a38a694e26a');
  expect(digest({ type: 'dirichlet', concentration: 0.5 })).toBe('8e12477e78d24596');
  expect(digest({ type: 'dirichlet-participant', concentration: 0.5 })).toBe('9dfeb48e162ae325');
  expect(digest({ type: 'labels', labelsEach: 2 })).toBe('38503de7fe889086');
  expect(digest({ type: 'quantity', concentration: 0.5 })).toBe('a842b368552c4d5b');
});

test('the same seed makes the same samples for ever', () => {
  const digits = digestBuilder();
  for (const { pixels, digit } of drawnDigits(3, 50)) digits.update(pixels).update(Uint8Array.of(digit));
  expect(digits.finish().slice(0, 16)).toBe('241fad0632cce818');
  expect(digestOfText(patientCohortCsv(3, 200)).slice(0, 16)).toBe('0754ad025947cd01');
});

test('a patient of Cleveland is encoded as worked out by hand', () => {
  const [age, sex, cp, trestbps, chol, fbs, restecg, thalach, exang, oldpeak, slope, ca, thal] =
    '63.0,1.0,1.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,3.0,?,6.0'.split(',');
  const cells = { age, sex, cp, trestbps, chol, fbs, restecg, thalach, exang, oldpeak, slope, ca, thal };
  const encoded = encodeRow(
    heartDiseaseContract,
    Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell ?? ''])),
  );
  if (!encoded.ok) throw new Error(encoded.error.message);
  expect([...encoded.value]).toEqual(
    [
      (63 - 53.5) / 9.42,
      ...[0, 1],
      ...[1, 0, 0, 0],
      ...[(145 - 132) / 19.1, 0],
      ...[(233 - 247) / 58.5, 0],
      ...[0, 1],
      ...[0, 0, 1],
      ...[(150 - 138) / 25.9, 0],
      ...[1, 0],
      ...[(2.3 - 0.879) / 1.09, 0],
      ...[0, 0, 1],
      // ca is missing: the mean, and its indicator.
      ...[0, 1],
      ...[0, 0, 1, 0],
    ].map(Math.fround),
  );
  expect(digestOf(bytesOf(encoded.value)).slice(0, 16)).toBe('68a9a3c702d43937');
});
