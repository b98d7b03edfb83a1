import { describe, expect, test } from 'vitest';
import { strategies } from '../../core/aggregation/index.ts';
import { strategySpec } from '../../core/aggregation/strategy-spec.ts';
import { attacks } from '../../core/attacks/index.ts';
import { codecNamed } from '../../core/update/codec/index.ts';
import { atDefaults, usualSetting, type PlaySetting } from './experiment.ts';
import { playDigits } from './play-digits.ts';
import { playFederation, type PlayFederation, type PlayRound } from './play-federation.ts';

const data = playDigits(1);
const made = (setting: Partial<PlaySetting> = {}): PlayFederation => {
  const federation = playFederation({ ...usualSetting, ...setting }, data, 1);
  if (!federation.ok) throw new Error(federation.error);
  return federation.value;
};
const rounds = (federation: PlayFederation, count: number): PlayRound[] =>
  Array.from({ length: count }, () => federation.next());
const last = (setting: Partial<PlaySetting>, count: number): number =>
  rounds(made(setting), count).at(-1)?.accuracy ?? 0;

describe('a federation in one place', () => {
  test('learns to read hands that no participant has', () => {
    const federation = made();
    expect(federation.start.accuracy).toBeLessThan(0.3);
    // 196·24 + 24 + 24·10 + 10.
    expect(federation.parameterCount).toBe(4978);
    const played = rounds(federation, 20);
    expect(played.map(({ round }) => round)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(played.at(-1)?.accuracy).toBeGreaterThan(0.8);
  });
  test('repeated from its seed is the same to the last bit', () => {
    const setting = { dropOut: 0.3, codec: 'eden:3', liars: 0.2, attack: atDefaults(attacks, 'gaussian') };
    expect(rounds(made(setting), 3)).toEqual(rounds(made(setting), 3));
  });
  test('deals every row once, and less alike the smaller α is', () => {
    const alike = made({ concentration: 100 }).participants;
    const skewed = made({ concentration: 0.05 }).participants;
    for (const participants of [alike, skewed])
      expect(participants.reduce((sum, { examples }) => sum + examples, 0)).toBe(data.train.count);
    const largest = (participants: typeof alike): number =>
      Math.max(...participants.map(({ digits, examples }) => Math.max(...digits) / examples));
    expect(largest(alike)).toBeLessThan(0.25);
    expect(largest(skewed)).toBeGreaterThan(0.8);
  });
  test('is broken by a third of liars under a mean, and not under a median', () => {
    const lying = { concentration: 100, liars: 0.3 };
    expect(made(lying).participants.filter(({ lies }) => lies)).toHaveLength(3);
    expect(last(lying, 15)).toBeLessThan(0.3);
    expect(last({ ...lying, strategy: strategySpec('median') }, 15)).toBeGreaterThan(0.7);
  });
  test('sends the bytes of its codec for each update, and none for those who left', () => {
    const [round] = rounds(made({ codec: 'eden:3', dropOut: 0.5 }), 1);
    const here = round?.members.filter(({ fate }) => fate === 'averaged').length ?? 0;
    expect(here).toBeGreaterThan(0);
    expect(here).toBeLessThan(10);
    expect(round?.bytesUp).toBe(here * codecNamed('eden:3').byteLength(4978));
    expect(round?.members.filter(({ norm }) => norm === null)).toHaveLength(10 - here);
  });
  test('keeps its model and says why where too few are left', () => {
    const federation = made({ participants: 2, strategy: strategySpec('krum') });
    const [round] = rounds(federation, 1);
    expect(round?.abandoned).toMatch(/needs 3 updates to compare, and the round has 2/);
    expect(round?.accuracy).toBe(federation.start.accuracy);
  });
  test('refuses what a server would: an update beyond the limit moves nothing', () => {
    const [round] = rounds(made({ liars: 0.2, attack: { name: 'signflip', options: { scale: 1e6 } } }), 1);
    expect(round?.members.filter(({ fate }) => fate === 'refused')).toHaveLength(2);
    expect(round?.abandoned).toBeNull();
  });
  test.each(strategies.filter(({ name }) => name !== 'fedbuff').map(({ name }) => name))(
    'learns by %s',
    (name) => {
      // Eleven: the least that Bulyan compares at its defaults.
      const federation = made({
        participants: 11,
        concentration: 100,
        strategy: atDefaults(strategies, name),
      });
      const played = rounds(federation, 5);
      expect(played.map(({ abandoned }) => abandoned)).toEqual(played.map(() => null));
      expect(Math.min(...played.map(({ loss }) => loss))).toBeLessThan(0.95 * federation.start.loss);
    },
  );
  const [honest] = rounds(made(), 1);
  test.each(attacks.map(({ name }) => name))('can be lied to by %s', (name) => {
    const [lied] = rounds(made({ liars: 0.2, attack: atDefaults(attacks, name) }), 1);
    expect(lied?.accuracy).not.toBeNaN();
    expect(lied?.loss).not.toBe(honest?.loss);
  });
  test('is held against all rows in one place, which do better, and participants alone, who do worse with few digits each', () => {
    const federation = made({ concentration: 0.05, liars: 0.2 });
    const passes = Array.from({ length: 6 }, () => federation.nextReference());
    const { pooled, alone, devices } = passes.at(-1)!;
    expect(devices).toBe(5);
    expect(pooled).toBeGreaterThan(0.8);
    expect(alone).toBeLessThan(0.5);
    expect(made({ concentration: 0.05, liars: 0.2 }).nextReference()).toEqual(passes[0]);
  });
  test('says why buffered asynchronous averaging has no place here', () => {
    const federation = playFederation(
      { ...usualSetting, strategy: atDefaults(strategies, 'fedbuff') },
      data,
      1,
    );
    expect(!federation.ok && federation.error).toMatch(/choose another strategy/);
  });
});
