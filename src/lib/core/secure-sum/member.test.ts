// The client rules of SECURE_AGGREGATION, §1.4: what a device refuses, each rule by its number.
import { describe, expect, test } from 'vitest';
import { nodePrimitives, testIdentity } from '../../../../test/doubles/node-primitives.ts';
import { forwardTo } from '../../../../test/support/play-sum.ts';
import { sumConfig } from '../../../../test/support/sum-config.ts';
import { fromText, toText } from './bytes.ts';
import { addMask, addWords, totalWords } from './masked-words.ts';
import type { Member } from './member-state.ts';
import { advertise, consent, mask, receive, reveal, share, wipe } from './member.ts';
import type { Advert, Consent, SharedKeys, SumConfig } from './messages.ts';
import { selfKey } from './schedule.ts';

const five = [0, 1, 2, 3, 4] as const;
let drawn = 0;
/** Never the same twice, and for tests alone. */
const draw = (bytes: number): Uint8Array => {
  const out = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i += 1) out[i] = (drawn += 7919) >>> 5;
  return out;
};

const value = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const kindOf = (result: { readonly ok: boolean; readonly error?: { readonly kind: string } }): string =>
  result.ok ? 'ok' : (result.error?.kind ?? '');

const advertOf = (member: Member): Advert => member.advert;

async function advertised(config: SumConfig, slots: readonly number[] = five) {
  const members: Member[] = [];
  const roster: Advert[] = [];
  for (const slot of slots) {
    const identity = testIdentity();
    const [member, advert] = await advertise({ config, slot, identity, primitives: nodePrimitives, draw });
    members.push(member);
    roster.push(advert);
  }
  return { members, roster };
}

async function shared(config = sumConfig()) {
  const { members, roster } = await advertised(config);
  const keys: SharedKeys[] = [];
  for (const [slot, member] of members.entries()) {
    const [next, message] = value(await share(member, roster));
    members[slot] = next;
    keys.push(message);
  }
  return { members, roster, keys };
}

async function masked(config = sumConfig()) {
  const { members, roster, keys } = await shared(config);
  for (const [slot, member] of members.entries()) {
    const [ready] = value(await receive(member, forwardTo(slot, roster, keys)));
    const words = new Uint32Array(totalWords(config)).fill(slot + 1);
    members[slot] = value(await mask(ready, words))[0];
  }
  return { members, roster };
}

async function asked(config = sumConfig()) {
  const { members } = await masked(config);
  const consents: Consent[] = [];
  for (const [slot, member] of members.entries()) {
    const [next, message] = value(await consent(member, five));
    members[slot] = next;
    consents.push(message);
  }
  return { members, consents };
}

describe('rule 1: the roster', () => {
  test('of fewer than five is refused, whatever the server is set to', async () => {
    // Three devices, a server that says one is enough.
    const { members, roster } = await advertised(sumConfig({ cohort: 3, least: 1 }), [0, 1, 2]);
    expect(await share(members[0]!, roster)).toEqual({
      ok: false,
      error: { kind: 'too-few', of: 'keys', got: 3, needed: 5 },
    });
  });

  test('in which a key repeats is refused', async () => {
    const { members, roster } = await advertised(sumConfig());
    const twice = roster.map((entry) =>
      entry.slot === 3 ? { ...entry, maskKey: roster[2]!.maskKey } : entry,
    );
    expect(await share(members[0]!, twice)).toEqual({ ok: false, error: { kind: 'repeated-key', slot: 3 } });
    // One device in two slots.
    const person = roster.map((entry) =>
      entry.slot === 3 ? { ...entry, identity: roster[2]!.identity } : entry,
    );
    expect(kindOf(await share(members[0]!, person))).toBe('repeated-key');
  });

  test('in which the own entry is missing, or differs in one bit, is refused', async () => {
    const { members, roster } = await advertised(sumConfig({ cohort: 6 }), [0, 1, 2, 3, 4, 5]);
    expect(
      kindOf(
        await share(
          members[2]!,
          roster.filter(({ slot }) => slot !== 2),
        ),
      ),
    ).toBe('own-entry-altered');
    const key = fromText(roster[2]!.sealKey);
    key[31]! ^= 1;
    const altered = roster.map((entry) => (entry.slot === 2 ? { ...entry, sealKey: toText(key) } : entry));
    expect(kindOf(await share(members[2]!, altered))).toBe('own-entry-altered');
    // The others see a key that its owner did not sign.
    expect(await share(members[1]!, altered)).toEqual({
      ok: false,
      error: { kind: 'bad-signature', slot: 2 },
    });
  });

  test('signed for another round is refused', async () => {
    const { roster: earlier } = await advertised(sumConfig());
    const { members, roster } = await advertised(sumConfig({ round: 2 as SumConfig['round'] }));
    const replayed = roster.map((entry) => (entry.slot === 4 ? earlier[4]! : entry));
    expect(await share(members[0]!, replayed)).toEqual({
      ok: false,
      error: { kind: 'bad-signature', slot: 4 },
    });
  });
});

describe('rule 2: masks', () => {
  test('go only over pairs whose shares arrived: with fewer than five of them nothing is masked', async () => {
    const { members, roster, keys } = await shared();
    const some = forwardTo(0, roster, keys).slice(0, 3);
    expect(await receive(members[0]!, some)).toEqual({
      ok: false,
      error: { kind: 'too-few', of: 'shares', got: 4, needed: 5 },
    });
  });

  test('are not made with a device whose shares cannot be opened', async () => {
    const { members, roster, keys } = await shared();
    const forward = forwardTo(0, roster, keys).map((one) =>
      one.slot === 3 ? { ...one, sealed: `${one.sealed.slice(0, -2)}AA` } : one,
    );
    expect(await receive(members[0]!, forward)).toEqual({
      ok: false,
      error: { kind: 'unreadable-shares', slot: 3 },
    });
  });

  test('are not made with a stranger to the roster, or twice with one device', async () => {
    const { members, roster, keys } = await shared();
    const forward = forwardTo(0, roster, keys);
    expect(kindOf(await receive(members[0]!, [...forward, { ...forward[0]!, slot: 9 }]))).toBe('malformed');
    expect(kindOf(await receive(members[0]!, [...forward, forward[0]!]))).toBe('malformed');
  });
});

describe('rule 3: one answer', () => {
  test('is given to a question once, and to another one never', async () => {
    const config = sumConfig({ cohort: 6 });
    const { members, roster } = await advertised(config, [0, 1, 2, 3, 4, 5]);
    const keys: SharedKeys[] = [];
    for (const [slot, member] of members.entries()) {
      const [next, message] = value(await share(member, roster));
      members[slot] = next;
      keys.push(message);
    }
    const [ready] = value(await receive(members[0]!, forwardTo(0, roster, keys)));
    const [all] = value(await mask(ready, new Uint32Array(totalWords(config))));
    const [next, message] = value(await consent(all, [0, 1, 2, 3, 4]));
    // The answer was lost: the same question gets the same one.
    expect(value(await consent(next, [0, 1, 2, 3, 4]))[1]).toEqual(message);
    expect(await consent(next, [0, 1, 2, 3, 4, 5])).toEqual({ ok: false, error: { kind: 'asked-twice' } });
  });

  test('is not given about a sum that this device is not in, of strangers, or of fewer than five', async () => {
    const { members } = await masked();
    expect(kindOf(await consent(members[0]!, [1, 2, 3, 4]))).toBe('not-summed');
    expect(kindOf(await consent(members[0]!, [0, 1, 2, 3, 4, 7]))).toBe('malformed');
    expect(kindOf(await consent(members[0]!, [0, 0, 1, 2, 3, 4]))).toBe('malformed');
    expect(await consent(members[0]!, [0, 1, 2, 3])).toEqual({
      ok: false,
      error: { kind: 'too-few', of: 'summed', got: 4, needed: 5 },
    });
  });

  test('opens nothing before a threshold of devices has signed the very same question', async () => {
    const { members, consents } = await asked();
    // t = ⌊10/3⌋ + 1 = 4.
    const needed = { kind: 'too-few', of: 'consents', got: 3, needed: 4 };
    expect(await reveal(members[0]!, consents.slice(0, 3))).toEqual({ ok: false, error: needed });
    // One signature four times, and one that is of something else, count for nothing.
    const forged = [...consents.slice(0, 3), consents[0]!, { ...consents[1]!, slot: 4 }];
    expect(await reveal(members[0]!, forged)).toEqual({ ok: false, error: needed });
    expect(kindOf(await reveal(members[0]!, consents.slice(0, 4)))).toBe('ok');
  });

  test('holds one secret of each device, never both', async () => {
    const config = sumConfig({ cohort: 6 });
    const { members, roster } = await advertised(config, [0, 1, 2, 3, 4, 5]);
    const keys: SharedKeys[] = [];
    for (const [slot, member] of members.entries()) {
      const [next, message] = value(await share(member, roster));
      members[slot] = next;
      keys.push(message);
    }
    const consents: Consent[] = [];
    const summed = [0, 1, 2, 3, 4];
    for (const slot of summed) {
      const [ready] = value(await receive(members[slot]!, forwardTo(slot, roster, keys)));
      const [full] = value(await mask(ready, new Uint32Array(totalWords(config))));
      const [next, message] = value(await consent(full, summed));
      members[slot] = next;
      consents.push(message);
    }
    const [member, answer] = value(await reveal(members[0]!, consents));
    const bytes = fromText(answer.shares);
    expect(bytes.length).toBe(6 * 33);
    for (let slot = 0; slot < 6; slot += 1) {
      const both = member.held.get(slot)!;
      const part = bytes.subarray(33 * slot + 1, 33 * slot + 33);
      expect([...part]).toEqual([...(slot < 5 ? both.subarray(1, 33) : both.subarray(33))]);
    }
  });

  test('is refused out of turn', async () => {
    const { members } = await shared();
    expect(kindOf(await consent(members[0]!, five))).toBe('out-of-turn');
    expect(kindOf(await mask(members[0]!, new Uint32Array(5)))).toBe('out-of-turn');
    expect(kindOf(await reveal(members[0]!, []))).toBe('out-of-turn');
  });
});

test('rule 4: whoever asks again gets the same words, whatever it would have masked', async () => {
  const { members } = await masked();
  const [again, first] = value(await mask(members[0]!, new Uint32Array(5).fill(1)));
  const [, second] = value(await mask(again, new Uint32Array(5).fill(9)));
  expect(second).toBe(first);
});

test('rule 6: a wiped member holds no seed and no share', async () => {
  const { members } = await masked();
  const member = members[0]!;
  wipe(member);
  if (member.phase !== 'masked') throw new Error(member.phase);
  const secrets = [member.sealSeed, member.maskSeed, member.selfSeed, ...member.held.values()];
  for (const secret of secrets) expect(secret.every((byte) => byte === 0)).toBe(true);
});

describe('a device that was told of another model (Pasquini et al. 2022)', () => {
  const other = 'cd'.repeat(32) as SumConfig['base'];

  test('finds that the others signed something else', async () => {
    const { members } = await advertised(sumConfig());
    const { roster } = await advertised(sumConfig({ base: other }));
    const mixed = roster.map((entry) => (entry.slot === 2 ? { ...entry, ...advertOf(members[2]!) } : entry));
    expect(kindOf(await share(members[2]!, mixed))).toBe('bad-signature');
  });

  test('would mask with noise: the sum of all is uniform', async () => {
    const config = sumConfig({ words: 4096, tail: 0, bits: 8 });
    const { members, roster, keys } = await shared(config);
    const sum = new Uint32Array(4096);
    for (const slot of five) {
      const [ready] = value(await receive(members[slot]!, forwardTo(slot, roster, keys)));
      const told = slot === 2 ? { ...ready, rosterHash: new Uint8Array(32).fill(1) } : ready;
      addWords(sum, value(await mask(told, new Uint32Array(4096)))[1], config, 1);
    }
    // Without the self masks, all of which are known here: what is left is the masks of slot 2, which meet no counterpart.
    for (const slot of five) {
      const member = members[slot]!;
      if (member.phase !== 'shared') throw new Error(member.phase);
      const hash = slot === 2 ? new Uint8Array(32).fill(1) : member.rosterHash;
      await addMask(
        sum,
        await selfKey(member.selfSeed, hash, slot, nodePrimitives),
        config,
        -1,
        nodePrimitives,
      );
    }
    // χ² of 16,384 bytes over 256 values: 255 ± 22.6; the sum itself, all zeros, would have 4·10⁶.
    const counts = new Uint32Array(256);
    for (const byte of new Uint8Array(sum.buffer)) counts[byte]! += 1;
    const chi = counts.reduce((total, count) => total + (count - 64) ** 2 / 64, 0);
    expect(chi).toBeGreaterThan(150);
    expect(chi).toBeLessThan(400);
  });
});

test('key streams of a cohort share no block, and no seed is shorter than 256 bits', async () => {
  const blocks = new Set<string>();
  const { members } = await masked();
  for (const member of members) {
    if (member.phase !== 'masked') throw new Error(member.phase);
    expect([member.sealSeed.length, member.maskSeed.length, member.selfSeed.length]).toEqual([32, 32, 32]);
    const stream = await (await nodePrimitives.keyStream(member.selfSeed))(0, 200_000);
    for (let at = 0; at < stream.length; at += 16)
      blocks.add(Buffer.from(stream.subarray(at, at + 16)).toString('latin1'));
  }
  expect(blocks.size).toBe((5 * 200_000) / 16);
});
