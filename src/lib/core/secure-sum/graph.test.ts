// What a device of a ring holds a server to: that its neighbours follow from what all have drawn, and that enough of them stay.
import { describe, expect, test } from 'vitest';
import { nodePrimitives, testIdentity } from '../../../../test/doubles/node-primitives.ts';
import { forwardTo } from '../../../../test/support/play-sum.ts';
import { sumConfig } from '../../../../test/support/sum-config.ts';
import { fewestBeside, fewestInARow, graphOf, type Graph } from './graph.ts';
import { totalWords } from './masked-words.ts';
import { advertise, consent, mask, receive, share, showNonce, type Member, type Shared } from './member.ts';
import type { Advert, Nonce, SharedKeys, SumConfig } from './messages.ts';
import type { Layout } from './neighbourhood.ts';

const twelve = Array.from({ length: 12 }, (_, slot) => slot);
const config = sumConfig({ cohort: 13, profile: 'lenient' });
/** Of any three in a row two must stay. */
const layout: Layout = () => ({ neighbours: 6, threshold: 3, arrived: 2, stay: 2 });
const draw = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

const value = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

async function drawn(slots: readonly number[] = twelve, over: Partial<SumConfig> = {}) {
  const members: Member[] = [];
  const roster: Advert[] = [];
  for (const slot of slots) {
    const setting = {
      config: { ...config, ...over },
      slot,
      identity: testIdentity(),
      primitives: nodePrimitives,
      draw,
      layout,
    };
    const [member, advert] = await advertise(setting);
    members.push(member);
    roster.push(advert);
  }
  const nonces: Nonce[] = [];
  for (const [slot, member] of members.entries()) {
    const [next, nonce] = value(await showNonce(member, roster));
    members[slot] = next;
    nonces.push(nonce);
  }
  return { members, roster, nonces };
}

async function shared() {
  const { members, roster, nonces } = await drawn();
  const keys: SharedKeys[] = [];
  for (const [slot, member] of members.entries()) {
    const [next, message] = value(await share(member, roster, nonces));
    members[slot] = next;
    keys.push(message);
  }
  return { members: members as Shared[], roster, keys };
}

const graphIn = (member: Member): Graph => {
  if (!('graph' in member)) throw new Error(member.phase);
  return member.graph;
};

describe('the order of a roster', () => {
  test('is the same for all, has each slot once, and neighbours are each other’s', async () => {
    const { members } = await shared();
    const { order, neighboursOf, holdersOf } = graphIn(members[0]!);
    for (const member of members) expect(graphIn(member).order).toEqual(order);
    expect([...order].sort((a, b) => a - b)).toEqual(twelve);
    for (const slot of twelve) {
      expect(neighboursOf(slot).length).toBe(6);
      expect(holdersOf(slot)).toEqual([...neighboursOf(slot), slot].sort((a, b) => a - b));
      for (const other of neighboursOf(slot)) expect(neighboursOf(other)).toContain(slot);
    }
    // Beside the first in the order stand the second and the last.
    expect(neighboursOf(order[0]!)).toEqual(expect.arrayContaining([order[1]!, order[11]!]));
  });

  test('changes with what any one has drawn, and puts each anywhere', async () => {
    const { roster, nonces } = await drawn();
    const firsts = new Set<number>();
    const orders = new Set<string>();
    for (let other = 0; other < 200; other += 1) {
      const changed = nonces.map((one) =>
        one.slot === 7 ? { ...one, nonce: String(100 + other).padEnd(43, 'A') } : one,
      );
      const graph = await graphOf(config, roster, new Uint8Array(32), changed, nodePrimitives, layout);
      orders.add(graph!.order.join());
      firsts.add(graph!.order[0]!);
    }
    expect(orders.size).toBe(200);
    expect(firsts.size).toBe(12);
  });
});

describe('a server that would choose who is beside whom is refused', () => {
  test('where it changes what one has drawn, or leaves one out', async () => {
    const { members, roster, nonces } = await drawn();
    const changed = nonces.map((one) => (one.slot === 4 ? { ...one, nonce: nonces[5]!.nonce } : one));
    const refused = { ok: false, error: { kind: 'false-draw', slot: 4 } };
    expect(await share(members[0]!, roster, changed)).toEqual(refused);
    expect(
      await share(
        members[0]!,
        roster,
        nonces.filter(({ slot }) => slot !== 4),
      ),
    ).toEqual(refused);
    expect(await share(members[0]!, roster, [])).toMatchObject({
      ok: false,
      error: { kind: 'false-draw', slot: 0 },
    });
  });

  test('where it leaves out the draw, or shows another roster after it', async () => {
    const { members, roster, nonces } = await drawn();
    const fresh = { config, slot: 0, identity: testIdentity(), primitives: nodePrimitives, draw, layout };
    const [member, advert] = await advertise(fresh);
    const out = { ok: false, error: { kind: 'out-of-turn' } };
    expect(await share(member, [advert, ...roster.slice(1)], nonces)).toMatchObject(out);
    expect(await share(members[0]!, roster.slice(0, 11), nonces.slice(0, 11))).toMatchObject(out);
    // It draws for one roster, and for no other.
    expect(await showNonce(members[0]!, roster.slice(0, 11))).toMatchObject(out);
    expect(value(await showNonce(members[0]!, roster))[1]).toEqual(nonces[0]);
  });

  test('where it tells one half of the devices of another roster: their shares cannot be opened', async () => {
    const { members, roster, nonces } = await drawn();
    const keys: SharedKeys[] = [];
    const other = await drawn();
    for (const [slot, member] of members.entries()) {
      // The even ones were shown another roster, in which each of them stands as it should.
      const isTold = slot % 2 === 0;
      const [next, message] = value(
        isTold
          ? await share(other.members[slot]!, other.roster, other.nonces)
          : await share(member, roster, nonces),
      );
      members[slot] = next;
      keys.push(message);
    }
    // Orders are drawn: not every odd one is beside an even one in both of them.
    const beside = members.flatMap((member, slot) => {
      const { neighboursOf } = graphIn(member);
      const sealed = forwardTo(slot, roster, keys, (of) => graphIn(members[of]!).neighboursOf(of));
      const forward = sealed.filter((one) => neighboursOf(slot).includes(one.slot));
      const even = forward.find((one) => one.slot % 2 === 0);
      return slot % 2 === 0 || even === undefined ? [] : [{ member, forward, even }];
    });
    const [{ member, forward, even } = expect.fail('no odd device is beside an even one')] = beside;
    expect(await receive(member, forward)).toEqual({
      ok: false,
      error: { kind: 'unreadable-shares', slot: even.slot },
    });
  });

  test('where it withholds the shares of those on one side', async () => {
    const { members, roster, keys } = await shared();
    const { order, neighboursOf } = graphIn(members[0]!);
    const place = order.indexOf(0);
    const right = [1, 2].map((i) => order[(place + i) % 12]!);
    const forward = forwardTo(0, roster, keys, neighboursOf).filter((one) => !right.includes(one.slot));
    expect(forward.length).toBe(4);
    expect(await receive(members[0]!, forward)).toEqual({
      ok: false,
      error: { kind: 'gap', of: 'shares', got: 1, needed: 2, row: 3 },
    });
  });

  test('where it says that those beside one device did not send', async () => {
    const { members, roster, keys } = await shared();
    const { order, neighboursOf } = graphIn(members[0]!);
    const forward = forwardTo(0, roster, keys, neighboursOf);
    const [ready] = value(await receive(members[0]!, forward));
    const [masked] = value(await mask(ready, new Uint32Array(totalWords(config))));
    const place = order.indexOf(0);
    // Nine of twelve are enough for the sum of all; but two of them stood on either side of one far from here.
    const far = [5, 6].map((i) => order[(place + i) % 12]!);
    const summed = twelve.filter((slot) => !far.includes(slot));
    expect(await consent(masked, summed)).toEqual({
      ok: false,
      error: { kind: 'gap', of: 'summed', got: 1, needed: 2, row: 3 },
    });
    // As many that stand apart may go.
    const apart = [2, 5, 8].map((i) => order[(place + i) % 12]!);
    expect(
      await consent(
        masked,
        twelve.filter((slot) => !apart.includes(slot)),
      ),
    ).toMatchObject({ ok: true });
  });

  test('where it lets a neighbour be summed that shared no keys with this device', async () => {
    const { members, roster, keys } = await shared();
    const { neighboursOf } = graphIn(members[0]!);
    const forward = forwardTo(0, roster, keys, neighboursOf).slice(1);
    const [ready] = value(await receive(members[0]!, forward));
    const [masked] = value(await mask(ready, new Uint32Array(totalWords(config))));
    expect(await consent(masked, twelve)).toMatchObject({ ok: false, error: { kind: 'malformed' } });
  });
});

test('those in a row are counted around the ring', () => {
  const graph: Graph = {
    sizes: { neighbours: 4, threshold: 2, arrived: 1, stay: 1 },
    order: [3, 0, 4, 1, 2],
    neighboursOf: () => [],
    holdersOf: () => [],
  };
  // 3 and 2 stand beside each other.
  expect(fewestInARow(graph, [0, 1, 4])).toBe(0);
  expect(fewestInARow(graph, [0, 1, 3])).toBe(1);
  expect(fewestBeside(graph, 1, [1, 2, 3])).toBe(0);
  expect(fewestBeside(graph, 1, [0, 2])).toBe(1);
});
