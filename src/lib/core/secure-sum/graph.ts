// Who masks with whom: all with all in a small roster; in a large one each device with the k nearest on a ring, in an order that is drawn
// from what all of the roster have drawn (a Harary graph, Bell et al. 2020, §3.1). Each device pledges itself to a nonce with its keys, and
// shows it once the roster is fixed: nobody, the server among them, knows the order while it can still change who is in it, and everybody
// works it out alike. All of the roster show theirs, or the attempt ends: whoever could leave some out would draw until it likes the order.
import { fromText, joined, textBytes, toText } from './bytes.ts';
import type { Advert, Nonce, SumConfig } from './messages.ts';
import { neighbourhoodOf, type Neighbourhood } from './neighbourhood.ts';
import type { Primitives } from './primitives.ts';
import { pledgeBytes } from './schedule.ts';

export interface Graph {
  readonly sizes: Neighbourhood;
  /** Slots of the roster; where it is a ring, in its order. */
  readonly order: readonly number[];
  /** Slots with which this one masks, ascending. */
  neighboursOf(slot: number): readonly number[];
  /** Slots that are dealt shares of this one's secrets, ascending: its neighbours and itself. A share's x is the place here, from 1. */
  holdersOf(slot: number): readonly number[];
}

/** Whether so large a roster draws an order before it shares. */
export const isRingDrawn = (roster: number, config: SumConfig, layout = neighbourhoodOf): boolean =>
  layout(roster, config)?.stay !== 0;

/** Undefined: so many devices cannot be summed. `nonces`: of all of the roster, in its order; none where it is a complete graph. */
export async function graphOf(
  config: SumConfig,
  roster: readonly Advert[],
  rosterHash: Uint8Array,
  nonces: readonly Nonce[],
  primitives: Primitives,
  layout = neighbourhoodOf,
): Promise<Graph | undefined> {
  const sizes = layout(roster.length, config);
  if (sizes === undefined) return undefined;
  const slots = roster.map(({ slot }) => slot);
  if (sizes.stay === 0)
    return {
      sizes,
      order: slots,
      neighboursOf: remembered((slot) => slots.filter((one) => one !== slot)),
      holdersOf: () => slots,
    };
  const drawn = nonces.map(({ nonce }) => fromText(nonce));
  const seed = await primitives.hash(joined(textBytes('fl-sa1/ring'), rosterHash, ...drawn));
  return onRing(await shuffled(slots, seed, primitives), sizes);
}

/** A server asks for those of each device many times. */
function remembered(work: (slot: number) => readonly number[]): (slot: number) => readonly number[] {
  const known = new Map<number, readonly number[]>();
  return (slot) => {
    const made = known.get(slot) ?? work(slot);
    known.set(slot, made);
    return made;
  };
}

function onRing(order: readonly number[], sizes: Neighbourhood): Graph {
  const places = new Map(order.map((slot, place) => [slot, place]));
  const half = sizes.neighbours / 2;
  const holders = remembered((slot) => {
    const place = places.get(slot);
    if (place === undefined) return [];
    const around = Array.from({ length: 2 * half + 1 }, (_, i) => place + order.length + i - half);
    return around.map((at) => order[at % order.length]!).sort((a, b) => a - b);
  });
  return {
    sizes,
    order,
    holdersOf: holders,
    neighboursOf: remembered((slot) => holders(slot).filter((one) => one !== slot)),
  };
}

/** Fisher–Yates by words of the key stream of `seed`, each order as likely as any other. */
async function shuffled(
  slots: readonly number[],
  seed: Uint8Array,
  primitives: Primitives,
): Promise<number[]> {
  const order = [...slots];
  const stream = await primitives.keyStream(seed);
  // Four times what is needed: a word is left out once in millions.
  const words = new Uint32Array(Uint8Array.from(await stream(0, 16 * slots.length)).buffer);
  let at = 0;
  for (let last = order.length - 1; last > 0; last -= 1) {
    const bound = last + 1;
    const limit = 2 ** 32 - (2 ** 32 % bound);
    while (words[at]! >= limit) at += 1;
    const other = words[at]! % bound;
    at += 1;
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** The first slot of the roster whose nonce is missing or is not what it had pledged itself to; undefined: all are there. */
export async function falseNonce(
  context: Uint8Array,
  roster: readonly Advert[],
  nonces: readonly Nonce[],
  primitives: Primitives,
): Promise<number | undefined> {
  for (const [place, { slot, pledge }] of roster.entries()) {
    const shown = nonces[place];
    if (shown?.slot !== slot || !(await keepsPledge(context, pledge, shown, primitives))) return slot;
  }
  return undefined;
}

export async function keepsPledge(
  context: Uint8Array,
  pledge: string,
  { slot, nonce }: Nonce,
  primitives: Primitives,
): Promise<boolean> {
  return toText(await primitives.hash(pledgeBytes(context, slot, fromText(nonce)))) === pledge;
}

/** Of any k/2 in a row of a ring the fewest that are among `slots`, ascending; of a complete graph, as many as there are. */
export function fewestInARow({ order, sizes }: Graph, slots: readonly number[]): number {
  if (sizes.stay === 0) return slots.length;
  const half = sizes.neighbours / 2;
  const among = new Set(slots);
  let here = 0;
  for (let i = 0; i < half; i += 1) if (among.has(order[i]!)) here += 1;
  let fewest = here;
  for (let from = 1; from < order.length; from += 1) {
    if (among.has(order[from - 1]!)) here -= 1;
    if (among.has(order[(from + half - 1) % order.length]!)) here += 1;
    fewest = Math.min(fewest, here);
  }
  return fewest;
}

/** Of the k/2 on either side of a slot the fewer that are among `slots`; of a complete graph, as many as there are but itself. */
export function fewestBeside({ order, sizes }: Graph, slot: number, slots: readonly number[]): number {
  const among = new Set(slots);
  among.delete(slot);
  if (sizes.stay === 0) return among.size;
  const place = order.indexOf(slot);
  const half = sizes.neighbours / 2;
  const onSide = (sign: 1 | -1): number => {
    let count = 0;
    for (let i = 1; i <= half; i += 1)
      if (among.has(order[(place + sign * i + order.length) % order.length]!)) count += 1;
    return count;
  };
  return Math.min(onSide(1), onSide(-1));
}
