// Dividing one data set among simulated participants. Pure and seeded: the same call makes the same parts everywhere.
import { random, type Random } from '../random.ts';
import { fail, ok, type Result } from '../result.ts';

/**
 * iid: dealt at random. shards: sorted by target, cut into equal shards, k a participant (McMahan et al. 2017, §3: the
 * "pathological" partition with k = 2). dirichlet: each class is spread over the participants by a draw from Dirichlet(α) (Li et
 * al. 2022, NIID-Bench, after Yurochkin et al. 2019). dirichlet-participant: each participant, of as many rows as any other, draws
 * its mix of classes from Dirichlet(α · the classes' shares) (Hsu, Qi & Brown 2019): another partition for the same α.
 * labels: each participant has k classes (#C = k of NIID-Bench). quantity: alike rows, sizes by a draw from Dirichlet(α)
 * (NIID-Bench, quantity skew). by-file: each file is one participant's, as hospitals are.
 */
export type Partition =
  | { readonly type: 'iid' }
  | { readonly type: 'shards'; readonly shardsEach: number }
  | { readonly type: 'dirichlet'; readonly concentration: number }
  | { readonly type: 'dirichlet-participant'; readonly concentration: number }
  | { readonly type: 'labels'; readonly labelsEach: number }
  | { readonly type: 'quantity'; readonly concentration: number }
  | { readonly type: 'by-file' };

export interface PartitionProblem {
  readonly kind:
    | 'unknown-partition'
    | 'too-few-examples'
    | 'too-few-files'
    | 'too-few-classes'
    | 'too-few-participants'
    | 'needs-classes'
    | 'too-uneven';
  readonly message: string;
}

/** Reads `iid`, `shards:2`, `dirichlet:0.5`, `dirichlet-participant:0.5`, `labels:2`, `quantity:0.5` or `by-file`. */
export function parsePartition(text: string): Result<Partition, PartitionProblem> {
  const [name, amount, ...more] = text.trim().split(':');
  const number = amount === undefined || amount.trim() === '' ? NaN : Number(amount);
  if (more.length === 0) {
    if (name === 'iid' && amount === undefined) return ok({ type: 'iid' });
    if (name === 'by-file' && amount === undefined) return ok({ type: 'by-file' });
    const isCount = Number.isSafeInteger(number) && number >= 1 && number <= 1000;
    if (name === 'shards' && isCount) return ok({ type: 'shards', shardsEach: number });
    if (name === 'labels' && isCount) return ok({ type: 'labels', labelsEach: number });
    if (
      (name === 'dirichlet' || name === 'dirichlet-participant' || name === 'quantity') &&
      number > 0 &&
      number <= 1e6
    )
      return ok({ type: name, concentration: number });
  }
  return fail({
    kind: 'unknown-partition',
    message: `“${text}” is no partition. Use iid, shards:<whole number from 1>, labels:<whole number from 1>, dirichlet:<number above 0>, dirichlet-participant:<number above 0>, quantity:<number above 0> or by-file.`,
  });
}

export interface Divisible {
  readonly count: number;
  /** Class indices (Int32Array) or numbers. */
  readonly targets: Int32Array | Float32Array;
  /** Rows [start, end) of each file they came from; only by-file looks at it. */
  readonly files?: readonly { readonly start: number; readonly end: number }[];
}

/** Every part whose size is drawn has at least this many examples, or half an even share where that is less. */
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
    return fail({
      kind: 'too-few-examples',
      message: `${data.count} examples cannot be divided among ${clients} participants.`,
    });
  switch (how.type) {
    case 'iid':
      return ok(evenly(shuffledRows(data.count, random(seed, 'partition', 'iid')), clients).map(ascending));
    case 'shards':
      return shards(data, clients, how.shardsEach, random(seed, 'partition', 'shards'));
    case 'dirichlet':
      return dirichlet(data, clients, how.concentration, random(seed, 'partition', 'dirichlet'));
    case 'dirichlet-participant':
      return dirichletParticipant(
        data,
        clients,
        how.concentration,
        random(seed, 'partition', 'dirichlet-participant'),
      );
    case 'labels':
      return labels(data, clients, how.labelsEach, random(seed, 'partition', 'labels'));
    case 'quantity':
      return quantity(data, clients, how.concentration, random(seed, 'partition', 'quantity'));
    case 'by-file':
      return byFile(data, clients);
    default:
      return how satisfies never;
  }
}

type Rows = Uint32Array<ArrayBuffer>;

const shuffledRows = (count: number, draw: Random): Rows =>
  draw.shuffle(Uint32Array.from({ length: count }, (_, row) => row));

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

function shards(
  data: Divisible,
  clients: number,
  shardsEach: number,
  draw: Random,
): Result<readonly Rows[], PartitionProblem> {
  const count = clients * shardsEach;
  if (data.count < count)
    return fail({
      kind: 'too-few-examples',
      message: `${data.count} examples cannot be cut into ${clients} × ${shardsEach} shards.`,
    });
  // Shuffled first, so that equal targets lie in no particular order; the sort is stable.
  const rows = shuffledRows(data.count, draw);
  const sorted = Uint32Array.from(
    Array.from(rows).toSorted((a, b) => (data.targets[a] ?? 0) - (data.targets[b] ?? 0)),
  );
  const cut = evenly(sorted, count);
  const order = draw.shuffle(Uint32Array.from({ length: count }, (_, shard) => shard));
  return ok(
    Array.from({ length: clients }, (_, client) =>
      joined(
        Array.from(
          order.subarray(client * shardsEach, (client + 1) * shardsEach),
          (shard) => cut[shard] ?? new Uint32Array(0),
        ),
      ),
    ),
  );
}

/** Shuffled rows of each class that occurs, in the order of the classes. */
function rowsByClass(data: Divisible, draw: Random): Result<readonly Rows[], PartitionProblem> {
  if (!(data.targets instanceof Int32Array))
    return fail({
      kind: 'needs-classes',
      message: 'This partition is by classes; this target is a number. Use iid, shards, quantity or by-file.',
    });
  const classes = new Map<number, number[]>();
  for (const row of shuffledRows(data.count, draw)) {
    const target = data.targets[row] ?? 0;
    const rows = classes.get(target);
    if (rows === undefined) classes.set(target, [row]);
    else rows.push(row);
  }
  return ok([...classes.entries()].toSorted(([a], [b]) => a - b).map(([, rows]) => Uint32Array.from(rows)));
}

/** Runs of `rows` in the `proportions`, which add up to 1. */
function cut(rows: Rows, proportions: readonly number[]): Rows[] {
  let share = 0;
  let from = 0;
  return proportions.map((proportion, index) => {
    share += proportion;
    const to =
      index === proportions.length - 1 ? rows.length : Math.min(rows.length, Math.round(share * rows.length));
    const run = rows.subarray(from, to);
    from = to;
    return run;
  });
}

const tooUneven = (how: string, clients: number, minimum: number): string =>
  `With ${how} and ${clients} participants some always have fewer than ${minimum} examples. Use a larger α or fewer participants.`;

const leastDrawn = (count: number, clients: number): number =>
  Math.max(1, Math.min(DIRICHLET_MINIMUM, Math.floor(count / clients / 2)));

function dirichlet(
  data: Divisible,
  clients: number,
  concentration: number,
  draw: Random,
): Result<readonly Rows[], PartitionProblem> {
  const classes = rowsByClass(data, draw);
  if (!classes.ok) return classes;
  const ordered = classes.value;
  const minimum = leastDrawn(data.count, clients);
  for (let attempt = 0; attempt < DIRICHLET_DRAWS; attempt += 1) {
    const pieces: Rows[][] = Array.from({ length: clients }, () => []);
    for (const rows of ordered) {
      for (const [client, part] of cut(rows, draw.dirichlet(concentration, clients)).entries())
        pieces[client]?.push(part);
    }
    const parts = pieces.map(joined);
    if (parts.every((part) => part.length >= minimum)) return ok(parts);
  }
  return fail({ kind: 'too-uneven', message: tooUneven(`dirichlet:${concentration}`, clients, minimum) });
}

/**
 * The participants take one row each in turn, of a class drawn from their own mix, so that where a class runs out it does so for
 * all. A class that has run out is left out of the mix; who has none of theirs left draws from what there is.
 */
function dirichletParticipant(
  data: Divisible,
  clients: number,
  concentration: number,
  draw: Random,
): Result<readonly Rows[], PartitionProblem> {
  const classes = rowsByClass(data, draw);
  if (!classes.ok) return classes;
  const left = classes.value.map((rows) => rows.length);
  const shares = left.map((count) => count / data.count);
  const mixes = Array.from({ length: clients }, () => {
    const mix: number[] = shares.map((share) => draw.gamma(concentration * share));
    // All can underflow to 0 at a tiny concentration: then one class takes everything, as in the limit.
    if (mix.some((one) => one > 0)) return mix;
    const winner = pick(shares, draw);
    return mix.map((_, index) => (index === winner ? 1 : 0));
  });
  const parts: number[][] = Array.from({ length: clients }, () => []);
  for (let taken = 0; taken < data.count; taken += 1) {
    const client = taken % clients;
    const mix = (mixes[client] ?? []).map((share, index) => ((left[index] ?? 0) > 0 ? share : 0));
    const drawn = pick(mix.some((share) => share > 0) ? mix : left, draw);
    const remaining = (left[drawn] ?? 0) - 1;
    left[drawn] = remaining;
    parts[client]?.push(classes.value[drawn]?.[remaining] ?? 0);
  }
  return ok(parts.map((rows) => ascending(Uint32Array.from(rows))));
}

/** An index with probability in proportion to its weight; some weight is above 0. */
function pick(weights: readonly number[], draw: Random): number {
  let rest = draw.next() * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    last = index;
    if (rest < weight) return index;
    rest -= weight;
  }
  return last;
}

/**
 * Each participant in turn gets k of the classes that fewest have so far, drawn among equals: every class is somebody's, and
 * no two differ by more than one in how many have them. (NIID-Bench fixes the first class and draws the others freely.) A
 * class is divided evenly among those who have it.
 */
function labels(
  data: Divisible,
  clients: number,
  labelsEach: number,
  draw: Random,
): Result<readonly Rows[], PartitionProblem> {
  const classes = rowsByClass(data, draw);
  if (!classes.ok) return classes;
  const count = classes.value.length;
  if (labelsEach > count)
    return fail({
      kind: 'too-few-classes',
      message: `The examples have ${count} classes: a participant cannot have ${labelsEach}. Use labels:${count} or fewer.`,
    });
  if (clients * labelsEach < count)
    return fail({
      kind: 'too-few-participants',
      message: `${clients} × ${labelsEach} labels leave some of ${count} classes to nobody. Use labels:${Math.ceil(count / clients)} or more participants.`,
    });
  const owners: number[][] = classes.value.map(() => []);
  for (let client = 0; client < clients; client += 1) {
    // Shuffled first; the sort is stable.
    const order = Array.from(draw.shuffle(Uint32Array.from({ length: count }, (_, index) => index)));
    order.sort((a, b) => (owners[a]?.length ?? 0) - (owners[b]?.length ?? 0));
    for (const index of order.slice(0, labelsEach)) owners[index]?.push(client);
  }
  const pieces: Rows[][] = Array.from({ length: clients }, () => []);
  for (const [index, rows] of classes.value.entries()) {
    const among = owners[index] ?? [];
    if (rows.length < among.length)
      return fail({
        kind: 'too-few-examples',
        message: `A class of ${rows.length} examples cannot be divided among ${among.length} participants. Use fewer labels each or fewer participants.`,
      });
    for (const [place, part] of evenly(rows, among.length).entries()) pieces[among[place] ?? 0]?.push(part);
  }
  return ok(pieces.map(joined));
}

function quantity(
  data: Divisible,
  clients: number,
  concentration: number,
  draw: Random,
): Result<readonly Rows[], PartitionProblem> {
  const rows = shuffledRows(data.count, draw);
  const minimum = leastDrawn(data.count, clients);
  for (let attempt = 0; attempt < DIRICHLET_DRAWS; attempt += 1) {
    const parts = cut(rows, draw.dirichlet(concentration, clients));
    if (parts.every((part) => part.length >= minimum))
      return ok(parts.map((part) => ascending(part.slice())));
  }
  return fail({ kind: 'too-uneven', message: tooUneven(`quantity:${concentration}`, clients, minimum) });
}

function byFile(data: Divisible, clients: number): Result<readonly Rows[], PartitionProblem> {
  const files = (data.files ?? []).filter((file) => file.end > file.start);
  if (files.length < clients)
    return fail({
      kind: 'too-few-files',
      message: `${files.length} files with examples cannot be divided among ${clients} participants.`,
    });
  const pieces: Rows[][] = Array.from({ length: clients }, () => []);
  for (const [index, file] of files.entries())
    pieces[index % clients]?.push(
      Uint32Array.from({ length: file.end - file.start }, (_, row) => file.start + row),
    );
  return ok(pieces.map(joined));
}
