import fc from 'fast-check';
import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { parsePartition, partition, type Divisible, type Partition } from './partition.ts';

/** `count` rows whose classes are drawn evenly from ten. */
function digits(count: number, seed = 1): Divisible {
  const draw = random(seed, 'targets');
  return { count, targets: Int32Array.from({ length: count }, () => draw.below(10)) };
}

function parts(data: Divisible, clients: number, how: Partition, seed = 7): readonly Uint32Array[] {
  const made = partition(data, clients, how, seed);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

const classesOf = (data: Divisible, rows: Uint32Array): Set<number> => new Set([...rows].map((row) => data.targets[row] ?? -1));

test.each([
  ['iid', { type: 'iid' }],
  ['by-file', { type: 'by-file' }],
  ['shards:2', { type: 'shards', shardsEach: 2 }],
  ['dirichlet:0.5', { type: 'dirichlet', concentration: 0.5 }],
  [' dirichlet:1e-2 ', { type: 'dirichlet', concentration: 0.01 }],
])('%s is a partition', (text, expected) => {
  expect(parsePartition(text)).toEqual({ ok: true, value: expected });
});

test.each(['', 'IID', 'iid:2', 'shards', 'shards:0', 'shards:1.5', 'shards:2:3', 'dirichlet', 'dirichlet:0', 'dirichlet:-1', 'dirichlet:NaN', 'dirichlet:', 'by-file:2', 'random'])(
  '“%s” is refused, and the refusal names what there is',
  (text) => {
    const parsed = parsePartition(text);
    expect(parsed).toMatchObject({ ok: false, error: { kind: 'unknown-partition' } });
    expect(!parsed.ok && parsed.error.message).toContain('dirichlet:');
  },
);

test('every row is in exactly one part, no part is empty, rows ascend: for any size, count and partition', () => {
  const how = fc.oneof<fc.Arbitrary<Partition>[]>(
    fc.constant({ type: 'iid' }),
    fc.integer({ min: 1, max: 4 }).map((shardsEach) => ({ type: 'shards', shardsEach })),
    fc.double({ min: 0.05, max: 100, noNaN: true }).map((concentration) => ({ type: 'dirichlet', concentration })),
    fc.constant({ type: 'by-file' }),
  );
  let divided = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 12 }), how, fc.nat(1000), (count, clients, kind, seed) => {
      const half = Math.floor(count / 2);
      const data: Divisible = { ...digits(count, seed), files: [{ start: 0, end: half }, { start: half, end: count }] };
      const made = partition(data, clients, kind, seed);
      if (!made.ok) {
        refused += 1;
        expect(made.error.message).not.toBe('');
        return;
      }
      divided += 1;
      expect(made.value).toHaveLength(clients);
      for (const rows of made.value) {
        expect(rows.length).toBeGreaterThan(0);
        expect([...rows]).toEqual([...rows].toSorted((a, b) => a - b));
      }
      expect(made.value.flatMap((rows) => [...rows]).toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, row) => row));
    }),
    { seed: 11, numRuns: 300 },
  );
  expect(divided).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(10);
});

test('iid parts differ by one example at most', () => {
  const sizes = parts(digits(1003), 8, { type: 'iid' }).map((rows) => rows.length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBe(1);
});

test('two shards each leave a participant few classes, as in McMahan et al. 2017', () => {
  const data = digits(6000);
  // A shard of 60 of 6,000 rows spans two of ten classes at most, so two shards span four.
  for (const rows of parts(data, 50, { type: 'shards', shardsEach: 2 })) expect(classesOf(data, rows).size).toBeLessThanOrEqual(4);
});

test('a small α concentrates classes, a large one spreads them evenly', () => {
  const data = digits(4000);
  const largest = (concentration: number): number => {
    const shares = parts(data, 8, { type: 'dirichlet', concentration }).map((rows) => {
      const counts = new Array<number>(10).fill(0);
      for (const row of rows) counts[data.targets[row] ?? 0]! += 1;
      return Math.max(...counts) / rows.length;
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  expect(largest(0.1)).toBeGreaterThan(0.35);
  expect(largest(1000)).toBeLessThan(0.15);
});

test('every Dirichlet part has ten examples, or the refusal says why not', () => {
  for (const rows of parts(digits(2000), 10, { type: 'dirichlet', concentration: 0.3 })) expect(rows.length).toBeGreaterThanOrEqual(10);
  expect(partition(digits(200), 20, { type: 'dirichlet', concentration: 0.0001 }, 1)).toMatchObject({ ok: false, error: { kind: 'too-uneven' } });
});

test('a number target cannot be spread by classes, but can be sharded', () => {
  const data: Divisible = { count: 40, targets: Float32Array.from({ length: 40 }, (_, row) => 40 - row) };
  expect(partition(data, 4, { type: 'dirichlet', concentration: 1 }, 1)).toMatchObject({ ok: false, error: { kind: 'needs-classes' } });
  expect(parts(data, 4, { type: 'shards', shardsEach: 1 }).map((rows) => rows.length)).toEqual([10, 10, 10, 10]);
});

test('by file each participant has one file, dealt round where there are more files than participants', () => {
  const data: Divisible = { ...digits(10), files: [{ start: 0, end: 3 }, { start: 3, end: 3 }, { start: 3, end: 7 }, { start: 7, end: 10 }] };
  expect(parts(data, 3, { type: 'by-file' }).map((rows) => [...rows])).toEqual([[0, 1, 2], [3, 4, 5, 6], [7, 8, 9]]);
  expect(parts(data, 2, { type: 'by-file' }).map((rows) => [...rows])).toEqual([[0, 1, 2, 7, 8, 9], [3, 4, 5, 6]]);
  expect(partition(data, 4, { type: 'by-file' }, 1)).toMatchObject({ ok: false, error: { kind: 'too-few-files' } });
});
