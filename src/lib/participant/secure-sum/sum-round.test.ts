// What a device does beyond the protocol's own rules (core/secure-sum/member.test.ts): which sums it takes part in at all, and what it
// remembers of them.
import { expect, test } from 'vitest';
import { memoryIdentity } from '../../adapters/memory/identity.ts';
import { createMemoryParticipantStore } from '../../adapters/memory/participant-store.ts';
import { nodePrimitives } from '../../../../test/doubles/node-primitives.ts';
import { forwardTo } from '../../../../test/support/play-sum.ts';
import { signedBy } from '../../../../test/support/signed-roster.ts';
import { memoryServerKey } from '../../../../server/adapters/ed25519.ts';
import { sumConfig } from '../../../../test/support/sum-config.ts';
import type { Member } from '../../core/secure-sum/member-state.ts';
import { advertise, consent, mask, receive, share } from '../../core/secure-sum/member.ts';
import { totalWords } from '../../core/secure-sum/masked-words.ts';
import type { Advert, Consent, SharedKeys, SumConfig } from '../../core/secure-sum/messages.ts';
import { usualSecureSum } from '../../core/secure-sum/rules.ts';
import { noPrivacy } from '../../core/privacy/rules.ts';
import { noiseInSum } from '../../core/privacy/noise-in-sum.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';
import type { Answer, Configured } from '../../protocol/messages.ts';
import { createSumRound, type SumPeers, type SumRound } from './sum-round.ts';
import { answersNoMore, MOST_ANSWERS } from './sum-memory.ts';

const plan = {
  localEpochs: 1,
  batchSize: 10,
  learningRate: 0.1,
  optimizer: { type: 'sgd' as const, momentum: 0 },
  proximalTerm: 0,
  seed: 1,
};

const configured = ({ federation, run, round, version, base }: SumConfig): Configured => ({
  federation,
  run,
  round,
  base: { version, digest: base, bytes: 24, deltas: [] },
  plan,
  uplink: 'f32',
  asks: [],
  controls: null,
  deadlineMs: 60_000,
});

interface Device {
  readonly sum: SumRound;
  readonly said: { readonly name: string; readonly message: Record<string, unknown> }[];
  readonly failures: string[];
  readonly peers: SumPeers[];
  /** Until it has said so many things, or failed. */
  until(count: number): Promise<void>;
}

async function device(
  store: ParticipantStore,
  config: SumConfig,
  message = configured(config),
  answer: Answer = { ok: true, view: null },
  signal = new AbortController().signal,
): Promise<Device> {
  const said: Device['said'] = [];
  const failures: string[] = [];
  const peers: SumPeers[] = [];
  let look = (): void => {};
  const sum = createSumRound({
    message,
    task: { config, slot: 0 },
    identity: await memoryIdentity(),
    store,
    signal,
    tell: async (name, content) => {
      said.push({ name, message: content });
      look();
      return answer;
    },
    happened: () => {},
    failed: (sentence) => {
      failures.push(sentence);
      look();
    },
    onPeers: (now) => peers.push(now),
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (said.length >= count || failures.length > 0) resolve();
      };
      look();
    });
  return { sum, said, failures, peers, until };
}

const config = sumConfig({ length: 3, words: 3, tail: 2 });

/** Four others, and the messages of a whole round for the device in slot 0. */
async function wholeRound(one: Device, config: SumConfig): Promise<void> {
  await one.until(1);
  const roster = [one.said[0]!.message['advert'] as Advert];
  const members: Member[] = [];
  const draw = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
  for (const slot of [1, 2, 3, 4]) {
    const identity = await memoryIdentity();
    const [member, advert] = await advertise({ config, slot, identity, primitives: nodePrimitives, draw });
    members.push(member);
    roster.push(advert);
  }
  one.sum.roster(await signedBy(memoryServerKey(), config, roster));
  await one.until(2);
  const keys = [one.said[1]!.message['keys'] as SharedKeys];
  for (const [index, member] of members.entries()) {
    const shared = await share(member, roster);
    if (!shared.ok) throw new Error(shared.error.kind);
    members[index] = shared.value[0];
    keys.push(shared.value[1]);
  }
  one.sum.forward(forwardTo(0, roster, keys));
  const equipment = { parameterCount: 3 } as Parameters<SumRound['masked']>[0];
  const spec = { strategy: { name: 'fedavg', options: {} }, privacy: noPrivacy, plan } as Parameters<
    SumRound['masked']
  >[1];
  const values = Float32Array.of(1, 2, 3);
  const entry = await one.sum.masked(equipment, spec, { values, examples: 9, steps: 1, baseLoss: null });
  // How many rows it was trained on is not in the offer.
  expect(entry.offer).toMatchObject({ codec: 'masked', bytes: 20, examples: 1, steps: 1, baseLoss: null });
  const consents: Consent[] = [];
  for (const [index, member] of members.entries()) {
    const ready = await receive(member, forwardTo(index + 1, roster, keys));
    if (!ready.ok) throw new Error(ready.error.kind);
    const masked = await mask(ready.value[0], new Uint32Array(totalWords(config)));
    if (!masked.ok) throw new Error(masked.error.kind);
    const signed = await consent(masked.value[0], [0, 1, 2, 3, 4]);
    if (!signed.ok) throw new Error(signed.error.kind);
    consents.push(signed.value[1]);
  }
  one.sum.question([0, 1, 2, 3, 4]);
  await one.until(3);
  one.sum.consents(consents);
  await one.until(4);
}

test('rules 3 and 5: a device answers once in a round, also after a reload, and so often of one version; a new run is another matter', async () => {
  const store = createMemoryParticipantStore();
  const first = await device(store, config);
  await wholeRound(first, config);
  expect(first.said.map(({ name }) => name)).toEqual(['sum-advert', 'sum-keys', 'sum-consent', 'sum-reveal']);
  expect(first.failures).toEqual([]);
  expect(first.peers).toEqual([{ count: 4, phrase: expect.stringMatching(/^(\w+ ){5}\w+$/) }]);
  // Durable before the answer left.
  expect(await answersNoMore(store, config)).toContain('the sum of this round before');
  // Reloaded, it has forgotten its seeds.
  const again = await device(store, config);
  await again.until(1);
  expect(again.said).toEqual([]);
  expect(again.failures).toEqual([expect.stringContaining('does so once')]);
  // That round failed: the same version again, with new keys.
  const inRound = (round: number): SumConfig => sumConfig({ ...config, round: round as SumConfig['round'] });
  for (let round = 2; round <= MOST_ANSWERS; round += 1) {
    const anew = await device(store, inRound(round));
    await wholeRound(anew, inRound(round));
    expect(anew.failures).toEqual([]);
    expect(anew.said.length).toBe(4);
  }
  const next = inRound(MOST_ANSWERS + 1);
  const tired = await device(store, next);
  await tired.until(1);
  expect(tired.said).toEqual([]);
  expect(tired.failures).toEqual([expect.stringContaining('from the next version on')]);
  const version = { version: 1, base: 'cd'.repeat(32) } as Partial<SumConfig>;
  for (const other of [version, { run: 2 as SumConfig['run'] }]) {
    const free = await device(store, sumConfig({ ...next, ...other }));
    await free.until(1);
    expect(free.said.map(({ name }) => name)).toEqual(['sum-advert']);
  }
});

test('a sum of another model, round or run than what is to be trained is not joined', async () => {
  for (const other of [
    { base: 'cd'.repeat(32) },
    { version: 3 },
    { round: 7 },
    { run: 4 },
  ] as unknown as Partial<SumConfig>[]) {
    const store = createMemoryParticipantStore();
    const one = await device(store, sumConfig({ ...config, ...other }), configured(config));
    await one.until(1);
    expect(one.said).toEqual([]);
    expect(one.failures).toEqual([expect.stringContaining('another round or version')]);
  }
});

test('a sum without the noise that the federation promises gets no update', async () => {
  const promised = { type: 'distributed', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 } as const;
  const { quantum, variance } = noiseInSum(promised, 3, 5)!;
  const noisy = { type: 'noisy', clipNorm: 1, quantum, variance } as const;
  const refused = 'other noise than the federation promises';
  for (const [encoding, why] of [
    [config.encoding, refused],
    [{ ...noisy, variance: variance - 1 }, refused],
    [{ ...noisy, clipNorm: 2 }, refused],
    [{ ...noisy, quantum: 2 * quantum }, refused],
    // It goes on to wait for the others' keys, until the round ends.
    [noisy, 'The round has ended.'],
  ] as const) {
    const ending = new AbortController();
    const store = createMemoryParticipantStore();
    const asked = { ...config, encoding };
    const one = await device(store, asked, configured(asked), undefined, ending.signal);
    await one.until(1);
    const equipment = { parameterCount: 3 } as Parameters<SumRound['masked']>[0];
    const spec = { strategy: { name: 'fedavg', options: {} }, privacy: promised, plan } as Parameters<
      SumRound['masked']
    >[1];
    const update = { values: Float32Array.of(1, 2, 3), examples: 9, steps: 1, baseLoss: null };
    const masked = one.sum.masked(equipment, spec, update);
    setTimeout(() => ending.abort(new Error('The round has ended.')));
    await expect(masked).rejects.toThrow(why);
  }
});

test('a sum that fewer must stay in than promised, or that fewer in league could read, gets no update', async () => {
  const secureSum = { ...usualSecureSum, profile: 'standard', colluding: 0.1 } as const;
  for (const [over, why] of [
    [{ profile: 'lenient' }, 'fewer who stay'],
    [{ colluding: 0 }, 'fewer who stay'],
    // A ring for which fewer may be missing has fewer neighbours.
    [{ leaving: 0 }, 'fewer who stay'],
    [{ least: 4 }, 'fewer who stay'],
    [{ groups: 3 }, 'fewer who stay'],
    [{}, 'The round has ended.'],
  ] as const) {
    const ending = new AbortController();
    const asked = { ...config, ...over };
    const one = await device(
      createMemoryParticipantStore(),
      asked,
      configured(asked),
      undefined,
      ending.signal,
    );
    await one.until(1);
    const equipment = { parameterCount: 3 } as Parameters<SumRound['masked']>[0];
    const rules = { overSelection: 1.29 };
    const spec = { strategy: { name: 'fedavg', options: {} }, privacy: noPrivacy, plan, rules, secureSum };
    const update = { values: Float32Array.of(1, 2, 3), examples: 9, steps: 1, baseLoss: null };
    const masked = one.sum.masked(equipment, spec as Parameters<SumRound['masked']>[1], update);
    setTimeout(() => ending.abort(new Error('The round has ended.')));
    await expect(masked).rejects.toThrow(why);
  }
});

test('a device that is told that its keys came too late gives the round up', async () => {
  const late: Answer = {
    ok: false,
    error: 'not-in-cohort',
    message: 'The keys of this round are given out.',
  };
  const one = await device(createMemoryParticipantStore(), config, configured(config), late);
  await one.until(2);
  expect(one.failures).toEqual(['The keys of this round are given out.']);
});
