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

const classesOf = (data: Divisible, rows: Uint32Array): Set<number> =>
  new Set([...rows].map((row) => data.targets[row] ?? -1));

test.each([
  ['iid', { type: 'iid' }],
  ['by-file', { type: 'by-file' }],
  ['shards:2', { type: 'shards', shardsEach: 2 }],
  ['dirichlet:0.5', { type: 'dirichlet', concentration: 0.5 }],
  ['dirichlet-participant:0.5', { type: 'dirichlet-participant', concentration: 0.5 }],
  ['quantity:2', { type: 'quantity', concentration: 2 }],
  ['labels:3', { type: 'labels', labelsEach: 3 }],
  [' dirichlet:1e-2 ', { type: 'dirichlet', concentration: 0.01 }],
])('%s is a partition', (text, expected) => {
  expect(parsePartition(text)).toEqual({ ok: true, value: expected });
});

test.each([
  '',
  'IID',
  'iid:2',
  'shards',
  'shards:0',
  'shards:1.5',
  'shards:2:3',
  'dirichlet',
  'dirichlet:0',
  'dirichlet:-1',
  'dirichlet:NaN',
  'dirichlet:',
  'by-file:2',
  'random',
  'labels',
  'labels:0',
  'labels:1.5',
  'quantity:0',
  'dirichlet-participant:-1',
  'dirichlet-participant',
])('“%s” is refused, and the refusal names what there is', (text) => {
  const parsed = parsePartition(text);
  expect(parsed).toMatchObject({ ok: false, error: { kind: 'unknown-partition' } });
  expect(!parsed.ok && parsed.error.message).toContain('dirichlet:');
});

test('every row is in exactly one part, no part is empty, rows ascend: for any size, count and partition', () => {
  const how = fc.oneof<fc.Arbitrary<Partition>[]>(
    fc.constant({ type: 'iid' }),
    fc.integer({ min: 1, max: 4 }).map((shardsEach) => ({ type: 'shards', shardsEach })),
    fc
      .double({ min: 0.05, max: 100, noNaN: true })
      .map((concentration) => ({ type: 'dirichlet', concentration })),
    fc
      .double({ min: 0.01, max: 100, noNaN: true })
      .map((concentration) => ({ type: 'dirichlet-participant', concentration })),
    fc.integer({ min: 1, max: 10 }).map((labelsEach) => ({ type: 'labels', labelsEach })),
    fc
      .double({ min: 0.05, max: 100, noNaN: true })
      .map((concentration) => ({ type: 'quantity', concentration })),
    fc.constant({ type: 'by-file' }),
  );
  let divided = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 12 }),
      how,
      fc.nat(1000),
      (count, clients, kind, seed) => {
        const half = Math.floor(count / 2);
        const data: Divisible = {
          ...digits(count, seed),
          files: [
            { start: 0, end: half },
            { start: half, end: count },
          ],
        };
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
        expect(made.value.flatMap((rows) => [...rows]).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, row) => row),
        );
      },
    ),
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
  for (const rows of parts(data, 50, { type: 'shards', shardsEach: 2 }))
    expect(classesOf(data, rows).size).toBeLessThanOrEqual(4);
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
  for (const rows of parts(digits(2000), 10, { type: 'dirichlet', concentration: 0.3 }))
    expect(rows.length).toBeGreaterThanOrEqual(10);
  expect(partition(digits(200), 20, { type: 'dirichlet', concentration: 0.0001 }, 1)).toMatchObject({
    ok: false,
    error: { kind: 'too-uneven' },
  });
});

test('by participant α concentrates each one’s classes, and all have as many rows', () => {
  const data = digits(4000);
  const largest = (concentration: number): number => {
    const made = parts(data, 8, { type: 'dirichlet-participant', concentration });
    expect(made.map((rows) => rows.length)).toEqual(new Array(8).fill(500));
    const shares = made.map((rows) => {
      const counts = new Array<number>(10).fill(0);
      for (const row of rows) counts[data.targets[row] ?? 0]! += 1;
      return Math.max(...counts) / rows.length;
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  // α is shared out over the ten classes: α = 1 is a tenth each. From 1e4 on the mix is that of all rows, 0.1 each.
  expect(largest(0.5)).toBeGreaterThan(0.35);
  expect(largest(1e4)).toBeLessThan(0.15);
  // At a tiny α each wants one class alone; in 3! of 3³ draws three participants want three different ones, and get them whole.
  const thirds: Divisible = { count: 300, targets: Int32Array.from({ length: 300 }, (_, row) => row % 3) };
  const alone = Array.from({ length: 90 }, (_, seed) =>
    parts(thirds, 3, { type: 'dirichlet-participant', concentration: 1e-6 }, seed).every(
      (rows) => classesOf(thirds, rows).size === 1,
    ),
  );
  // 20 of 90 expected, of standard deviation 4.
  expect(alone.filter(Boolean).length).toBeGreaterThan(8);
  expect(alone.filter(Boolean).length).toBeLessThan(32);
});

test('with labels each participant has exactly k classes, and the classes are shared as evenly as can be', () => {
  const data = digits(3000);
  for (const [clients, labelsEach] of [
    [10, 1],
    [5, 2],
    [10, 3],
    [7, 4],
    [3, 10],
  ] as const) {
    const made = parts(data, clients, { type: 'labels', labelsEach });
    const owners = new Array<number>(10).fill(0);
    for (const rows of made) {
      const own = classesOf(data, rows);
      expect(own.size).toBe(labelsEach);
      for (const label of own) owners[label]! += 1;
    }
    expect(Math.max(...owners) - Math.min(...owners)).toBeLessThanOrEqual(1);
    expect(Math.min(...owners)).toBeGreaterThanOrEqual(1);
  }
});

test('labels that nobody has, or that there are not, are refused with what would do', () => {
  const data = digits(300);
  expect(partition(data, 3, { type: 'labels', labelsEach: 2 }, 1)).toEqual({
    ok: false,
    error: {
      kind: 'too-few-participants',
      message: '3 × 2 labels leave some of 10 classes to nobody. Use labels:4 or more participants.',
    },
  });
  expect(partition(data, 20, { type: 'labels', labelsEach: 11 }, 1)).toMatchObject({
    ok: false,
    error: { kind: 'too-few-classes' },
  });
  const rare: Divisible = { count: 9, targets: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1) };
  expect(partition(rare, 4, { type: 'labels', labelsEach: 1 }, 1)).toMatchObject({
    ok: false,
    error: { kind: 'too-few-examples' },
  });
});

test('a quantity partition differs in size and not in kind, the more the smaller α is', () => {
  const data = digits(4000);
  const spread = (concentration: number): number => {
    const sizes = parts(data, 8, { type: 'quantity', concentration }).map((rows) => rows.length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(10);
    return Math.max(...sizes) / Math.min(...sizes);
  };
  expect(spread(0.5)).toBeGreaterThan(4);
  expect(spread(1e4)).toBeLessThan(1.2);
  for (const rows of parts(data, 8, { type: 'quantity', concentration: 1e4 }))
    expect(classesOf(data, rows).size).toBe(10);
  expect(partition(digits(200), 20, { type: 'quantity', concentration: 1e-4 }, 1)).toMatchObject({
    ok: false,
    error: { kind: 'too-uneven' },
  });
});

test('a number target cannot be spread by classes, but can be sharded', () => {
  const data: Divisible = { count: 40, targets: Float32Array.from({ length: 40 }, (_, row) => 40 - row) };
  for (const how of ['dirichlet:1', 'dirichlet-participant:1', 'labels:1']) {
    const read = parsePartition(how);
    expect(read.ok && partition(data, 4, read.value, 1)).toMatchObject({
      ok: false,
      error: { kind: 'needs-classes' },
    });
  }
  expect(parts(data, 4, { type: 'shards', shardsEach: 1 }).map((rows) => rows.length)).toEqual([
    10, 10, 10, 10,
  ]);
});

test('by file each participant has one file, dealt round where there are more files than participants', () => {
  const data: Divisible = {
    ...digits(10),
    files: [
      { start: 0, end: 3 },
      { start: 3, end: 3 },
      { start: 3, end: 7 },
      { start: 7, end: 10 },
    ],
  };
  expect(parts(data, 3, { type: 'by-file' }).map((rows) => [...rows])).toEqual([
    [0, 1, 2],
    [3, 4, 5, 6],
    [7, 8, 9],
  ]);
  expect(parts(data, 2, { type: 'by-file' }).map((rows) => [...rows])).toEqual([
    [0, 1, 2, 7, 8, 9],
    [3, 4, 5, 6],
  ]);
  expect(partition(data, 4, { type: 'by-file' }, 1)).toMatchObject({
    ok: false,
    error: { kind: 'too-few-files' },
  });
});
