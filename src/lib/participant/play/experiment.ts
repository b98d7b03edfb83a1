// An experiment of the playground: one or two settings of a small federation, and the seed of every draw. Its query string is
// the whole of it, so that an address can be handed to a class. What the settings do is play-federation.ts.
import * as v from 'valibot';
import { strategies } from '../../core/aggregation/index.ts';
import { parseStrategy, StrategySpec } from '../../core/aggregation/strategy-spec.ts';
import { attacks, AttackSpec, parseAttack } from '../../core/attacks/index.ts';
import type { Optioned, Spec } from '../../core/named-options.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { CodecName, parseCodec } from '../../core/update/codec/index.ts';

const share = (maximum: number) => v.pipe(v.number(), v.minValue(0), v.maxValue(maximum));

export const PlaySetting = v.strictObject({
  participants: v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(50)),
  /** α of the Dirichlet draw of each participant's mix of digits: 0.05 is nearly one digit each, 100 all alike. */
  concentration: v.pipe(v.number(), v.minValue(0.05), v.maxValue(100)),
  /** The chance of each participant, each round, to leave before it reports. */
  dropOut: share(0.9),
  strategy: StrategySpec,
  /** Of updates, up. */
  codec: CodecName,
  attack: AttackSpec,
  /** The share of participants that lie by the attack, rounded to whole ones. */
  liars: share(0.9),
});
export type PlaySetting = v.InferOutput<typeof PlaySetting>;

export const Experiment = v.strictObject({
  seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(999_999)),
  /** The second stands beside the first. */
  settings: v.union([v.strictTuple([PlaySetting]), v.strictTuple([PlaySetting, PlaySetting])]),
});
export type Experiment = v.InferOutput<typeof Experiment>;

const defaultOptions = ({ options }: Optioned): Record<string, number> =>
  Object.fromEntries(options.map((option) => [option.name, option.default]));

/** A choice at its defaults, from its list. Throws RangeError on a name that is not there. */
export function atDefaults(
  choices: readonly Optioned[],
  name: string,
): { name: string; options: Record<string, number> } {
  const chosen = choices.find((one) => one.name === name);
  if (chosen === undefined) throw new RangeError(`“${name}” is not on the list.`);
  return { name, options: defaultOptions(chosen) };
}

/** Nobody lies at first. Sign flipping at five times its length: alone, a third of liars then turns a mean around (0.7 < 0.3 · 5). */
export const usualSetting: PlaySetting = {
  participants: 10,
  concentration: 1,
  dropOut: 0,
  strategy: atDefaults(strategies, 'fedavg'),
  codec: 'f32',
  attack: { name: 'signflip', options: { scale: 5 } },
  liars: 0,
};

export const usualExperiment: Experiment = { seed: 1, settings: [usualSetting] };

/** `fedyogi`, or `fedyogi:lr=0.01` with the options that are not at their defaults. */
export function specText({ name, options }: Spec, choices: readonly Optioned[]): string {
  const usual = choices.find((one) => one.name === name)?.options ?? [];
  const set = usual
    .filter((option) => options[option.name] !== undefined && options[option.name] !== option.default)
    .map((option) => `${option.name}=${options[option.name]}`);
  return set.length === 0 ? name : `${name}:${set.join(',')}`;
}

/** One part of a setting in an address: how it is written, and read back or refused in a sentence. */
interface Part {
  readonly key: string;
  write(setting: PlaySetting): string;
  read(text: string, into: PlaySetting): Result<PlaySetting, string>;
}

const numberPart = (
  key: string,
  name: 'participants' | 'concentration' | 'dropOut' | 'liars',
  sentence: string,
): Part => ({
  key,
  write: (setting) => String(setting[name]),
  read(text, into) {
    const read = v.safeParse(PlaySetting.entries[name], text.trim() === '' ? NaN : Number(text));
    return read.success
      ? ok({ ...into, [name]: read.output })
      : fail(`“${key}=${text}” is not used: ${sentence}`);
  },
});

const parts: readonly Part[] = [
  numberPart('participants', 'participants', 'a whole number from 2 to 50.'),
  numberPart('alpha', 'concentration', 'a number from 0.05 to 100.'),
  numberPart('dropouts', 'dropOut', 'a share from 0 to 0.9.'),
  {
    key: 'strategy',
    write: (setting) => specText(setting.strategy, strategies),
    read(text, into) {
      const read = parseStrategy(text);
      return read.ok ? ok({ ...into, strategy: read.value }) : fail(read.error.message);
    },
  },
  {
    key: 'codec',
    write: (setting) => setting.codec,
    read(text, into) {
      const read = parseCodec(text);
      return read.ok ? ok({ ...into, codec: read.value.name }) : fail(read.error);
    },
  },
  {
    key: 'attack',
    write: (setting) => specText(setting.attack, attacks),
    read(text, into) {
      const read = parseAttack(text);
      return read.ok ? ok({ ...into, attack: read.value }) : fail(read.error.message);
    },
  },
  numberPart('liars', 'liars', 'a share from 0 to 0.9.'),
];

/** Of the second setting: `b.strategy`. */
const BESIDE = 'b.';

export interface ReadExperiment {
  readonly experiment: Experiment;
  /** A sentence for each part that could not be read and stands at its usual value. */
  readonly problems: readonly string[];
}

/**
 * Reads an address. What it does not name is as usual; the second setting is the first but for what `b.` names, and is there
 * when anything does, or by `beside`.
 */
export function readExperiment(query: URLSearchParams): ReadExperiment {
  const problems: string[] = [];
  const read = (prefix: string, from: PlaySetting): PlaySetting =>
    parts.reduce((setting, part) => {
      const text = query.get(prefix + part.key);
      if (text === null) return setting;
      const next = part.read(text, setting);
      if (next.ok) return next.value;
      problems.push(next.error);
      return setting;
    }, from);
  const first = read('', usualSetting);
  const hasSecond = query.has('beside') || parts.some((part) => query.has(BESIDE + part.key));
  const text = query.get('seed');
  const seed = v.safeParse(Experiment.entries.seed, text === null ? usualExperiment.seed : Number(text));
  if (!seed.success) problems.push(`“seed=${text}” is not used: a whole number from 0 to 999999.`);
  return {
    experiment: {
      seed: seed.success ? seed.output : usualExperiment.seed,
      settings: hasSecond ? [first, read(BESIDE, first)] : [first],
    },
    problems,
  };
}

/** The query string of an experiment, without “?”: only what is not as usual, the second setting by its differences. */
export function writeExperiment({ seed, settings }: Experiment): string {
  const query = new URLSearchParams();
  const [first, second] = settings;
  for (const part of parts)
    if (part.write(first) !== part.write(usualSetting)) query.set(part.key, part.write(first));
  if (second !== undefined) {
    const before = query.size;
    for (const part of parts)
      if (part.write(second) !== part.write(first)) query.set(BESIDE + part.key, part.write(second));
    if (query.size === before) query.set('beside', '1');
  }
  if (seed !== usualExperiment.seed) query.set('seed', String(seed));
  return query.toString();
}
