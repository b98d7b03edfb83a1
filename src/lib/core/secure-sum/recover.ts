// Takes the masks off a sum: out of the answers, the seeds of those who are in it (b) and the mask keys of those who went (s), each
// held against what its device had committed itself to; never both of one. What is left is the sum, and never less than the sum.
import { random } from '../random.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Revealing } from './attempt-state.ts';
import { fromText, sameBytes, toText } from './bytes.ts';
import { graphOf, type Graph } from './graph.ts';
import { addMask } from './masked-words.ts';
import { SHARE_BYTES } from './messages.ts';
import { neighbourhoodOf } from './neighbourhood.ts';
import type { Primitives } from './primitives.ts';
import { commitBytes, contextOf, maskSign, pairKey, rosterHashOf, selfKey } from './schedule.ts';
import { rebuild, type Share } from './shamir.ts';

/**
 * The secrets of these slots cannot be rebuilt. None: too few have answered. One: what its device dealt is bad. Two, beyond which nothing is tried: it may as well be
 * the answers, and nobody can be told from the others.
 */
export interface Unrecoverable {
  readonly slots: readonly number[];
}

export interface Recovered {
  /** By slot of U3: b. */
  readonly selfSeeds: ReadonlyMap<number, Uint8Array>;
  /** By slot of U2 \ U3: s. */
  readonly maskSeeds: ReadonlyMap<number, Uint8Array>;
  readonly rosterHash: Uint8Array;
  readonly graph: Graph;
}

/** Choices of t answers that are tried for one secret. */
const MOST_SUBSETS = 64;

export async function recoverSeeds(
  attempt: Pick<Revealing, 'config' | 'roster' | 'nonces' | 'shared' | 'summed' | 'reveals'>,
  primitives: Primitives,
  layout = neighbourhoodOf,
): Promise<Result<Recovered, Unrecoverable>> {
  const { config, roster, nonces, shared, summed, reveals } = attempt;
  const context = await contextOf(config, primitives);
  const rosterHash = await rosterHashOf(context, roster, primitives);
  const graph = await graphOf(config, roster, rosterHash, nonces, primitives, layout);
  // Nobody could have shared anything.
  if (graph === undefined) throw new Error(`There is no graph of ${roster.length} devices.`);
  const entries = new Map(roster.map((entry) => [entry.slot, entry]));
  const inSum = new Set(summed);
  const sharers = new Set(shared.map(({ slot }) => slot));
  const answers = new Map(
    reveals.map(({ slot, shares }) => {
      const held = graph.holdersOf(slot).filter((one) => sharers.has(one));
      return [slot, { held, bytes: fromText(shares) }] as const;
    }),
  );
  const selfSeeds = new Map<number, Uint8Array>();
  const maskSeeds = new Map<number, Uint8Array>();
  const bad: number[] = [];
  for (const { slot, commit } of shared) {
    const shares = graph.holdersOf(slot).flatMap((holder, index): Share[] => {
      const answer = answers.get(holder);
      if (answer === undefined) return [];
      const place = answer.held.indexOf(slot);
      const own = answer.bytes.subarray(place * SHARE_BYTES, (place + 1) * SHARE_BYTES);
      const x = index + 1;
      return own.length === SHARE_BYTES && own[0] === x ? [{ x, bytes: own.subarray(1) }] : [];
    });
    const isSummed = inSum.has(slot);
    const fits = isSummed
      ? async (seed: Uint8Array) =>
          toText(await primitives.hash(commitBytes(rosterHash, slot, seed))) === commit
      : async (seed: Uint8Array) =>
          sameBytes(await primitives.publicKey(seed), fromText(entries.get(slot)!.maskKey));
    // Of a ring's neighbours too few have answered yet: that is nobody's fault.
    if (shares.length < graph.sizes.threshold) return fail({ slots: [] });
    const seed = await rebuildFitting(shares, graph.sizes.threshold, slot, fits);
    if (seed === undefined) {
      bad.push(slot);
      if (bad.length === 2) break;
      continue;
    }
    (isSummed ? selfSeeds : maskSeeds).set(slot, seed);
  }
  return bad.length > 0 ? fail({ slots: bad }) : ok({ selfSeeds, maskSeeds, rosterHash, graph });
}

async function rebuildFitting(
  shares: readonly Share[],
  threshold: number,
  slot: number,
  fits: (seed: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array | undefined> {
  for (const subset of subsets(shares, threshold, slot)) {
    const seed = rebuild(subset);
    if (await fits(seed)) return seed;
  }
  return undefined;
}

/** The first t answers, then t in a row from each place on, then such as chance picks: at most MOST_SUBSETS. */
function* subsets(shares: readonly Share[], threshold: number, slot: number): Generator<readonly Share[]> {
  yield shares.slice(0, threshold);
  if (shares.length === threshold) return;
  let tried = 1;
  for (let from = 1; from < shares.length && tried < MOST_SUBSETS / 2; from += 1, tried += 1)
    yield Array.from({ length: threshold }, (_, i) => shares[(from + i) % shares.length]!);
  const stream = random(0, 'subsets of shares', slot);
  for (; tried < MOST_SUBSETS; tried += 1) yield stream.shuffle([...shares]).slice(0, threshold);
}

/** sum ← sum less the self masks of U3 and the masks that those who went left in it, in place. Pure work: 2–3 s for 100 devices at 4 bits. */
export async function takeMasksOff(
  sum: Uint32Array,
  { config, roster, summed }: Pick<Revealing, 'config' | 'roster' | 'summed'>,
  { selfSeeds, maskSeeds, rosterHash, graph }: Recovered,
  primitives: Primitives,
): Promise<void> {
  for (const [slot, seed] of selfSeeds)
    await addMask(sum, await selfKey(seed, rosterHash, slot, primitives), config, -1, primitives);
  const entries = new Map(roster.map((entry) => [entry.slot, entry]));
  const inSum = new Set(summed);
  for (const [gone, seed] of maskSeeds)
    for (const slot of graph.neighboursOf(gone)) {
      const peer = inSum.has(slot) ? entries.get(slot) : undefined;
      if (peer === undefined) continue;
      const agreed = await primitives.agree(seed, fromText(peer.maskKey));
      // Everyone who masked had agreed with it before.
      if (agreed === undefined) throw new Error(`No secret can be agreed with the key of slot ${slot}.`);
      const key = await pairKey(agreed, rosterHash, slot, gone, primitives);
      await addMask(sum, key, config, maskSign(slot, gone) === 1 ? -1 : 1, primitives);
    }
}
