// Dividing one data set among simulated participants. Pure and seeded: the same call makes the same parts everywhere.
import { random, type Random } from '../random.ts';
import { fail, ok, type Result } from '../result.ts';

/**
 * iid: dealt at random. shards: sorted by target, cut into equal shards, k a participant (McMahan et al. 2017, §3: the
 * "pathological" partition with k = 2). dirichlet: each class is spread over the participants by a draw from Dirichlet(α) (Li et
 * al. 2022, NIID-Bench, after Yurochkin et al. 2019). by-file: each file is one participant's, as hospitals are.
 */
export type Partition =
  | { readonly type: 'iid' }
  | { readonly type: 'shards'; readonly shardsEach: number }
  | { readonly type: 'dirichlet'; readonly concentration: number }
  | { readonly type: 'by-file' };

export interface PartitionProblem {
  readonly kind: 'unknown-partition' | 'too-few-examples' | 'too-few-files' | 'needs-classes' | 'too-uneven';
  readonly message: string;
}

/** Reads `iid`, `shards:2`, `dirichlet:0.5` or `by-file`. */
export function parsePartition(text: string): Result<Partition, PartitionProblem> {
  const [name, amount, ...more] = text.trim().split(':');
  const number = amount === undefined || amount.trim() === '' ? NaN : Number(amount);
  if (more.length === 0) {
    if (name === 'iid' && amount === undefined) return ok({ type: 'iid' });
    if (name === 'by-file' && amount === undefined) return ok({ type: 'by-file' });
    if (name === 'shards' && Number.isSafeInteger(number) && number >= 1 && number <= 1000) return ok({ type: 'shards', shardsEach: number });
    if (name === 'dirichlet' && number > 0 && number <= 1e6) return ok({ type: 'dirichlet', concentration: number });
  }
  return fail({
    kind: 'unknown-partition',
    message: `“${text}” is no partition. Use iid, shards:<whole number from 1>, dirichlet:<number above 0> or by-file.`,
  });
}

export interface Divisible {
  readonly count: number;
  /** Class indices (Int32Array) or numbers. */
  readonly targets: Int32Array | Float32Array;
  /** Rows [start, end) of each file they came from; only by-file looks at it. */
  readonly files?: readonly { readonly start: number; readonly end: number }[];
}

/** Every part of a Dirichlet partition has at least this many examples, or half an even share where that is less. */
export const DIRICHLET_MINIMUM = 10;
const DIRICHLET_DRAWS = 1000;

/**
 * Row numbers of each of `clients` parts, ascending; every row is in exactly one part, and no part is empty. Where a Dirichlet draw
 * leaves a part too small it is drawn again; after 1,000 draws it is a refusal.
 */
export function partition(
  data: Divisible,
  clients: number,
  how: Partition,
  seed: number,
): Result<readonly Uint32Array<ArrayBuffer>[], PartitionProblem> {
  if (data.count < clients)
    return fail({ kind: 'too-few-examples', message: `${data.count} examples cannot be divided among ${clients} participants.` });
  switch (how.type) {
    case 'iid':
      return ok(evenly(shuffledRows(data.count, random(seed, 'partition', 'iid')), clients).map(ascending));
    case 'shards':
      return shards(data, clients, how.shardsEach, random(seed, 'partition', 'shards'));
    case 'dirichlet':
      return dirichlet(data, clients, how.concentration, random(seed, 'partition', 'dirichlet'));
    case 'by-file':
      return byFile(data, clients);
    default:
      return how satisfies never;
  }
}

type Rows = Uint32Array<ArrayBuffer>;

const shuffledRows = (count: number, draw: Random): Rows => draw.shuffle(Uint32Array.from({ length: count }, (_, row) => row));

/** `parts` runs whose lengths differ by one at most. */
const evenly = (rows: Rows, parts: number): Rows[] =>
  Array.from({ length: parts }, (_, part) =>
    rows.slice(Math.floor((part * rows.length) / parts), Math.floor(((part + 1) * rows.length) / parts)),
  );

const ascending = (rows: Rows): Rows => rows.sort();

function joined(pieces: readonly Rows[]): Rows {
  const rows = new Uint32Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    rows.set(piece, at);
    at += piece.length;
  }
  return ascending(rows);
}

function shards(data: Divisible, clients: number, shardsEach: number, draw: Random): Result<readonly Rows[], PartitionProblem> {
  const count = clients * shardsEach;
  if (data.count < count)
    return fail({ kind: 'too-few-examples', message: `${data.count} examples cannot be cut into ${clients} × ${shardsEach} shards.` });
  // Shuffled first, so that equal targets lie in no particular order; the sort is stable.
  const rows = shuffledRows(data.count, draw);
  const sorted = Uint32Array.from(Array.from(rows).toSorted((a, b) => (data.targets[a] ?? 0) - (data.targets[b] ?? 0)));
  const cut = evenly(sorted, count);
  const order = draw.shuffle(Uint32Array.from({ length: count }, (_, shard) => shard));
  return ok(
    Array.from({ length: clients }, (_, client) =>
      joined(Array.from(order.subarray(client * shardsEach, (client + 1) * shardsEach), (shard) => cut[shard] ?? new Uint32Array(0))),
    ),
  );
}

function dirichlet(data: Divisible, clients: number, concentration: number, draw: Random): Result<readonly Rows[], PartitionProblem> {
  if (!(data.targets instanceof Int32Array))
    return fail({ kind: 'needs-classes', message: 'A Dirichlet partition spreads classes; this target is a number. Use iid, shards or by-file.' });
  const classes = new Map<number, number[]>();
  for (const row of shuffledRows(data.count, draw)) {
    const target = data.targets[row] ?? 0;
    const rows = classes.get(target);
    if (rows === undefined) classes.set(target, [row]);
    else rows.push(row);
  }
  const ordered = [...classes.entries()].toSorted(([a], [b]) => a - b).map(([, rows]) => Uint32Array.from(rows));
  const minimum = Math.max(1, Math.min(DIRICHLET_MINIMUM, Math.floor(data.count / clients / 2)));
  for (let attempt = 0; attempt < DIRICHLET_DRAWS; attempt += 1) {
    const pieces: Rows[][] = Array.from({ length: clients }, () => []);
    for (const rows of ordered) {
      let share = 0;
      let from = 0;
      for (const [client, proportion] of draw.dirichlet(concentration, clients).entries()) {
        share += proportion;
        const to = client === clients - 1 ? rows.length : Math.min(rows.length, Math.round(share * rows.length));
        pieces[client]?.push(rows.subarray(from, to));
        from = to;
      }
    }
    const parts = pieces.map(joined);
    if (parts.every((part) => part.length >= minimum)) return ok(parts);
  }
  return fail({
    kind: 'too-uneven',
    message: `With dirichlet:${concentration} and ${clients} participants some always have fewer than ${minimum} examples. Use a larger α or fewer participants.`,
  });
}

function byFile(data: Divisible, clients: number): Result<readonly Rows[], PartitionProblem> {
  const files = (data.files ?? []).filter((file) => file.end > file.start);
  if (files.length < clients)
    return fail({ kind: 'too-few-files', message: `${files.length} files with examples cannot be divided among ${clients} participants.` });
  const pieces: Rows[][] = Array.from({ length: clients }, () => []);
  for (const [index, file] of files.entries())
    pieces[index % clients]?.push(Uint32Array.from({ length: file.end - file.start }, (_, row) => file.start + row));
  return ok(pieces.map(joined));
}
