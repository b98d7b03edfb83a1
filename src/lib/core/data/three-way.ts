// Two states of a dataset made one, row by row against the state that both come from: what one side alone changed, added or removed is
// taken; where both did and not alike, it is a conflict. From either side the merged rows are the same, in the same order.
import { murmur128, occurrenceWord, targetSeed, textSeed } from './example-hash.ts';
import { exampleSize, selectExamples, UNLABELLED, type Examples } from './examples.ts';
import { hashCounts } from './hash-counts.ts';
import { bytesOf } from '../digest.ts';
import { applyChange, rowsWithout, type RowChange, type RowCounts } from './row-change.ts';

export interface StateRows {
  readonly examples: Examples;
  /** Ascending (row-identities.ts). */
  readonly identities: Uint32Array;
}

/** A row that is not alike in the two states; null where a state has none of it. */
export interface Divergence {
  /** Of a row that was added on both sides, the one that came first. */
  readonly identity: number;
  readonly base: number | null;
  readonly mine: number | null;
  readonly theirs: number | null;
}

export interface ThreeWay {
  /** Where their reading is that of the merge: they alone changed it. Ascending by identity, as the conflicts. */
  readonly taken: readonly Divergence[];
  readonly conflicts: readonly Divergence[];
}

export function threeWay(base: StateRows, mine: StateRows, theirs: StateRows, isTable: boolean): ThreeWay {
  const taken: Divergence[] = [];
  const conflicts: Divergence[] = [];
  const twins = addedTwice(base, mine, theirs, isTable);
  const paired = new Set(
    twins.flatMap((pair) => [mine.identities[pair.mine]!, theirs.identities[pair.theirs]!]),
  );
  for (const at of rowsOf(base, mine, theirs)) {
    if (paired.has(at.identity)) continue;
    const whose = settled(at, base.examples, mine.examples, theirs.examples);
    if (whose === 'conflict') conflicts.push(at);
    else if (whose === 'theirs') taken.push(at);
  }
  for (const pair of twins) {
    const whose = settledPair(pair, mine, theirs);
    if (whose === 'conflict') conflicts.push(pair);
    else if (whose === 'theirs') taken.push(pair);
  }
  return { taken: taken.toSorted(byIdentity), conflicts: conflicts.toSorted(byIdentity) };
}

const byIdentity = (a: Divergence, b: Divergence): number => a.identity - b.identity;

/** What is told of rows that are taken: one that comes as what it is here already, by another identity or hash, changes nothing. */
export function countsOf(mine: StateRows, theirs: StateRows, taken: readonly Divergence[]): RowCounts {
  return {
    changed: taken.filter(
      (one) =>
        one.mine !== null &&
        one.theirs !== null &&
        !holdsTheSame(mine.examples, one.mine, theirs.examples, one.theirs),
    ).length,
    added: taken.filter((one) => one.mine === null).length,
    removed: taken.filter((one) => one.theirs === null).length,
  };
}

/** Every row of any of the three. */
function* rowsOf(base: StateRows, mine: StateRows, theirs: StateRows): Generator<Divergence> {
  const at = { base: 0, mine: 0, theirs: 0 };
  for (;;) {
    const nextOf = (side: StateRows, row: number): number => side.identities[row] ?? Infinity;
    const next = [nextOf(base, at.base), nextOf(mine, at.mine), nextOf(theirs, at.theirs)] as const;
    const identity = Math.min(...next);
    if (identity === Infinity) return;
    yield {
      identity,
      base: next[0] === identity ? at.base++ : null,
      mine: next[1] === identity ? at.mine++ : null,
      theirs: next[2] === identity ? at.theirs++ : null,
    };
  }
}

function settled(
  { base, mine, theirs }: Divergence,
  before: Examples,
  ours: Examples,
  others: Examples,
): 'mine' | 'theirs' | 'conflict' {
  if (isSame(ours, mine, others, theirs))
    // Hashes of equal rows can differ, by how many are alike in each state: the lesser word, whichever side asks.
    return mine !== null && theirs !== null && others.hashes[theirs * 2 + 1]! < ours.hashes[mine * 2 + 1]!
      ? 'theirs'
      : 'mine';
  if (isSame(before, base, others, theirs)) return 'mine';
  return isSame(before, base, ours, mine) ? 'theirs' : 'conflict';
}

/** Of a row that both added: the first of two that are alike, else the one that has a label where the other has none. */
function settledPair(
  { identity, mine, theirs }: AddedTwice,
  { examples: ours }: StateRows,
  { examples: others, identities }: StateRows,
): 'mine' | 'theirs' | 'conflict' {
  if (isSame(ours, mine, others, theirs)) return identities[theirs] === identity ? 'theirs' : 'mine';
  if (isUnlabelled(ours, mine)) return 'theirs';
  return isUnlabelled(others, theirs) ? 'mine' : 'conflict';
}

const isUnlabelled = ({ targets }: Examples, row: number): boolean =>
  targets instanceof Int32Array && targets[row] === UNLABELLED;

const isSame = (one: Examples, row: number | null, other: Examples, otherRow: number | null): boolean =>
  row === null || otherRow === null
    ? row === otherRow
    : (one.hashes[row * 2] === other.hashes[otherRow * 2] &&
        one.hashes[row * 2 + 1] === other.hashes[otherRow * 2 + 1]) ||
      holdsTheSame(one, row, other, otherRow);

function holdsTheSame(one: Examples, row: number, other: Examples, otherRow: number): boolean {
  const size = exampleSize(one);
  for (let at = 0; at < size; at += 1)
    if (!Object.is(one.features[row * size + at], other.features[otherRow * size + at])) return false;
  return (
    Object.is(one.targets[row], other.targets[otherRow]) &&
    (one.texts ?? []).every((cells, column) => cells[row] === other.texts?.[column]?.[otherRow])
  );
}

interface AddedTwice extends Divergence {
  readonly base: null;
  readonly mine: number;
  readonly theirs: number;
}

/**
 * The same row added on both sides (one file read again in each) is one: of a table, where all of it is alike; a picture or a recording
 * also where its label is another, since it would stand twice, and on both sides of the split.
 */
function addedTwice(
  base: StateRows,
  mine: StateRows,
  theirs: StateRows,
  isTable: boolean,
): readonly AddedTwice[] {
  const added = ({ identities }: StateRows, other: StateRows): readonly number[] => {
    const known = new Set([...base.identities, ...other.identities]);
    return Array.from(identities.keys()).filter((row) => !known.has(identities[row]!));
  };
  let [ours, others] = [added(mine, theirs), added(theirs, mine)];
  const pairs: AddedTwice[] = [];
  for (const named of isTable ? [byHash] : [byHash, byFeatures]) {
    if (ours.length === 0 || others.length === 0) break;
    const waiting = new Map<string, number[]>();
    const nameOfOurs = named(mine.examples);
    for (const row of ours) {
      const name = nameOfOurs(row);
      const alike = waiting.get(name);
      if (alike === undefined) waiting.set(name, [row]);
      else alike.push(row);
    }
    const nameOfOthers = named(theirs.examples);
    others = others.filter((row) => {
      const own = waiting.get(nameOfOthers(row))?.shift();
      if (own === undefined) return true;
      const identity = Math.min(mine.identities[own]!, theirs.identities[row]!);
      pairs.push({ identity, base: null, mine: own, theirs: row });
      return false;
    });
    ours = [...waiting.values()].flat().toSorted((a, b) => a - b);
  }
  return pairs;
}

const byHash =
  ({ hashes }: Examples) =>
  (row: number): string =>
    `${hashes[row * 2]}:${hashes[row * 2 + 1]}`;

function byFeatures(examples: Examples): (row: number) => string {
  const bytes = bytesOf(examples.features);
  const size = bytes.length / examples.count;
  const hash = new Uint32Array(4);
  return (row) => {
    murmur128(hash, bytes, row * size, (row + 1) * size, 0);
    return hash.join(':');
  };
}

/**
 * The change of `mine` by which their readings of `taken`, ascending by identity, are taken. Of a table, rows that became alike only now
 * stay rows of their own, by the hashes that an import of all of them would give them.
 */
export function mergeChange(
  mine: StateRows,
  theirs: StateRows,
  taken: readonly Divergence[],
  isTable: boolean,
): RowChange {
  // Of a row added on both sides, who it is comes with what it holds.
  const isOther = (one: Divergence): boolean =>
    one.mine !== null && one.theirs !== null && mine.identities[one.mine] !== theirs.identities[one.theirs];
  const removed = Uint32Array.from(
    taken.flatMap((one) => (one.mine !== null && (one.theirs === null || isOther(one)) ? [one.mine] : [])),
  ).sort();
  const replaced = taken.filter((one) => one.mine !== null && one.theirs !== null && !isOther(one));
  const added = taken
    .filter((one) => one.theirs !== null && (one.mine === null || isOther(one)))
    .toSorted((a, b) => a.theirs! - b.theirs!);
  const left = rowsWithout(mine.examples.count, removed);
  let before = 0;
  const identities = Uint32Array.from(added, (one) => theirs.identities[one.theirs!]!);
  const places = Array.from(identities, (identity, index) => {
    while (before < left.length && mine.identities[left[before]!]! < identity) before += 1;
    return before + index;
  });
  const inserted = { rows: Uint32Array.from(places), identities };
  const come = [...replaced, ...added];
  const change: RowChange = {
    replaced: Uint32Array.from(replaced, (one) => one.mine!),
    removed,
    examples:
      come.length === 0
        ? undefined
        : selectExamples(
            theirs.examples,
            come.map((one) => one.theirs!),
          ),
    inserted,
    told: countsOf(mine, theirs, taken),
  };
  if (!isTable) return change;
  const merged = applyChange(mine.examples, change);
  const renamed = toldApart(merged);
  if (renamed.size === 0) return change;
  // Some of them are rows of one's own that were not to change.
  const fresh = new Set(places);
  const rows = Array.from({ length: merged.count }, (_, row) => row).filter((row) => !fresh.has(row));
  const taking = new Set(change.replaced);
  const changed = rows.flatMap((row, index) =>
    taking.has(left[index]!) || renamed.has(row) ? [{ row, own: left[index]! }] : [],
  );
  return {
    ...change,
    replaced: Uint32Array.from(changed, ({ own }) => own),
    examples: selectExamples(merged, [...changed.map(({ row }) => row), ...places]),
  };
}

/** Gives each row whose hash an earlier one has the next that is free, where it lies; the rows that got one. */
function toldApart({ count, features, targets, hashes, texts = [] }: Examples): ReadonlySet<number> {
  const taken = hashCounts(count);
  const alike: number[] = [];
  for (let row = 0; row < count; row += 1)
    if (taken.add(hashes[row * 2]!, hashes[row * 2 + 1]!) > 0) alike.push(row);
  const bytes = bytesOf(features);
  const size = count === 0 ? 0 : bytes.length / count;
  const hash = new Uint32Array(4);
  for (const row of alike) {
    const seed = targetSeed(targets[row]!, targets instanceof Int32Array);
    const cells = texts.map((column) => column[row] ?? '');
    murmur128(hash, bytes, row * size, (row + 1) * size, textSeed(cells, seed));
    let second = hash[1]!;
    // The first word stays: it is the group’s where rows are grouped.
    for (let occurrence = 0; taken.add(hashes[row * 2]!, second) > 0; occurrence += 1)
      second = occurrenceWord(hash[1]!, occurrence + 1);
    hashes[row * 2 + 1] = second;
  }
  return new Set(alike);
}
