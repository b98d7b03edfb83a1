// The flags of `tributary simulate`, read one by one: each is refused in a sentence that says what was expected.
import { InvalidArgumentError } from 'commander';
import * as v from 'valibot';
import { parseAugmentation } from '#lib/core/augmentation-settings.ts';
import { parseAttack } from '#lib/core/attacks/index.ts';
import { parseStrategy } from '#lib/core/aggregation/strategy-spec.ts';
import { parsePartition } from '#lib/core/data/partition.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import { USUAL_WEIGHT_DECAY } from '#lib/core/model/optimizer-kinds.ts';
import { OptimizerSpec } from '#lib/core/model/spec.ts';
import { Privacy } from '#lib/core/privacy/rules.ts';
import { USUAL_POPULATION } from '#lib/core/search/settings-tried.ts';
import { parseCodec } from '#lib/core/update/codec/index.ts';
import { samples } from '#lib/modalities/samples.ts';
import { Personalisation, SampleName } from '#lib/core/federation.ts';
import { parseModel } from './models.ts';
import type { SimulationSetup } from './setup.ts';

const refuse = (message: string): never => {
  throw new InvalidArgumentError(message);
};
const read = <T>(result: { ok: true; value: T } | { ok: false; error: string | { message: string } }): T =>
  result.ok ? result.value : refuse(typeof result.error === 'string' ? result.error : result.error.message);

/** A whole number from `minimum` to `maximum`. */
export const wholeOf =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = text.trim() === '' ? NaN : Number(text);
    if (Number.isSafeInteger(number) && number >= minimum && number <= maximum) return number;
    const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
    return refuse(`A whole number ${range}.`);
  };

/** A number within the range; `isAbove`: and not its lower end. */
export const numberOf =
  (minimum: number, maximum: number, isAbove = false) =>
  (text: string): number => {
    const number = text.trim() === '' ? NaN : Number(text);
    if (number >= minimum && number <= maximum && !(isAbove && number === minimum)) return number;
    return refuse(`A number ${isAbove ? `above ${minimum}` : `from ${minimum}`} to ${maximum}.`);
  };

export const oneOf =
  <T extends string>(...names: readonly T[]) =>
  (text: string): T =>
    names.find((name) => name === text) ?? refuse(`One of ${names.join(', ')}.`);

/** `sample`, `sample:patient-cohort`, `sample:300`, or a path; may be given again for paths. */
export function dataOf(text: string, before?: SimulationSetup['data']): SimulationSetup['data'] {
  const [word, ...rest] = text.split(':');
  if (word !== 'sample') {
    if (before?.type === 'sample') return refuse('Either sample or paths, not both.');
    return { type: 'paths', paths: [...(before?.paths ?? []), text] };
  }
  if (before !== undefined) return refuse('Either sample or paths, and sample once.');
  let sample: SampleName = 'drawn-digits';
  let rows: number | null = null;
  for (const part of rest) {
    const named = SampleName.options.find((name) => name === part);
    if (named !== undefined) sample = named;
    else if (/^\d+$/.test(part) && Number(part) >= 1 && Number(part) <= 10_000) rows = Number(part);
    else
      return refuse(
        `“${text}” is no sample. Use sample, sample:${Object.keys(samples).join(' or sample:')}, and rows for each participant (1 to 10000) behind it, as sample:300.`,
      );
  }
  return { type: 'sample', sample, rows };
}

/** `accuracy>=0.97`, `rmse<=2.5`. */
export function targetOf(text: string): NonNullable<SimulationSetup['metric']> {
  const [, word = '', sign, value = ''] = /^\s*([a-z0-9-]+)\s*(>=|<=)\s*(\S+)\s*$/.exec(text) ?? [];
  const name = MetricName.options.find((one) => one === word);
  const target = Number(value);
  if (name === undefined || !Number.isFinite(target))
    return refuse(
      `A metric and the value that ends the run, as 'accuracy>=0.97'. Metrics: ${MetricName.options.join(', ')}.`,
    );
  const expected = metrics[name].higherIsBetter ? '>=' : '<=';
  if (sign !== expected)
    return refuse(
      `${metrics[name].title} is better ${expected === '>=' ? 'higher' : 'lower'}: write '${name}${expected}${value}'.`,
    );
  return { name, target };
}

/** Rates that devices try: each of a list, or whatever lies between two ends. */
export type RatesTried = readonly number[] | { readonly least: number; readonly most: number };

/** `0.01,0.1,1`, `0.001..1` */
export function ratesOf(text: string): RatesTried {
  const isRange = text.includes('..');
  const rates = text.split(isRange ? '..' : ',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const areRates = rates.every((rate) => rate > 0 && rate <= 10) && new Set(rates).size === rates.length;
  const [least = NaN, most = NaN] = rates;
  // 0.01...1 may mean 1 or 0.1.
  const isClear = !text.includes('...');
  if (areRates && isRange && isClear && rates.length === 2 && least < most) return { least, most };
  if (areRates && !isRange && rates.length >= 2 && rates.length <= 20) return rates;
  return refuse(
    isRange
      ? 'The lowest and the highest rate, above 0 to 10, with two points between, as 0.001..1.'
      : 'Two to twenty different rates above 0 to 10, with commas between, as 0.01,0.1,1; or for FedPop a range, as 0.001..1.',
  );
}

export type RateTuner = { readonly name: 'fedex' } | { readonly name: 'fedpop'; readonly population: number };

/** `fedex`, `fedpop`, `fedpop:population=8` */
export function tunerOf(text: string): RateTuner {
  if (text === 'fedex') return { name: 'fedex' };
  if (text === 'fedpop') return { name: 'fedpop', population: USUAL_POPULATION };
  const population = Number(/^fedpop:population=(\d+)$/.exec(text)?.[1] ?? NaN);
  return population >= 4 && population <= 20
    ? { name: 'fedpop', population }
    : refuse('fedex, or fedpop and how many rates are tried at a time (4 to 20), as fedpop:population=8.');
}

/** `off`, or how many times the median of late a version may move the model. */
export const guardOf = (text: string): number | null => {
  const factor = text.trim() === '' ? NaN : Number(text);
  if (text === 'off') return null;
  return factor >= 1 && factor <= 1000 ? factor : refuse('off, or a number from 1 to 1000, as 3.');
};

/** `synchronous`, `asynchronous:concurrency=20`. */
export function modeOf(text: string): SimulationSetup['mode'] {
  if (text === 'synchronous') return { type: 'synchronous' };
  const concurrency = Number(/^asynchronous:concurrency=(\d+)$/.exec(text)?.[1] ?? NaN);
  return concurrency >= 1 && concurrency <= 10_000
    ? { type: 'asynchronous', concurrency }
    : refuse(
        'synchronous, or asynchronous and how many devices train at once (1 to 10000), as asynchronous:concurrency=20.',
      );
}

/** `sgd`, `sgd:momentum=0.9`, `adam`, `adamw:decay=0.01`, `rmsprop`. */
export function optimizerOf(text: string): SimulationSetup['optimizer'] {
  const [, type, , number] = /^(sgd|adam|adamw|rmsprop)(:(?:momentum|decay)=(\S+))?$/.exec(text) ?? [];
  const takes = /^sgd:momentum=|^adamw:decay=/.test(text);
  const read = v.safeParse(OptimizerSpec, {
    type,
    ...(type === 'sgd' ? { momentum: Number(number ?? 0) } : {}),
    ...(type === 'adamw' ? { weightDecay: Number(number ?? USUAL_WEIGHT_DECAY) } : {}),
  });
  return read.success && (number === undefined || takes)
    ? read.output
    : refuse('One of sgd, sgd:momentum=0.9 (0 to 0.999), adam, adamw, adamw:decay=0.01 (0 to 1), rmsprop.');
}

/** `central:clip=0.5,noise=1,delta=1e-5,epsilon=8`. */
export function privacyOf(text: string): SimulationSetup['privacy'] {
  const usage = `Write central or local with numbers above 0, as central:clip=0.5,noise=1,delta=1e-5,epsilon=8.`;
  const [, type = '', list = ''] = /^(none|central|local)(?::(.*))?$/.exec(text) ?? [];
  if (type === 'none' && list === '') return { type: 'none' };
  const given = new Map<string, number>();
  for (const part of list.split(',')) {
    const [name = '', value = ''] = part.split('=');
    if (
      !['clip', 'noise', 'delta', 'epsilon', 'quantile', 'rate'].includes(name) ||
      value === '' ||
      given.has(name)
    )
      return refuse(usage);
    given.set(name, Number(value));
  }
  const read = v.safeParse(Privacy, {
    type,
    clipNorm: given.get('clip'),
    noiseMultiplier: given.get('noise'),
    delta: given.get('delta') ?? 1e-5,
    epsilon: given.get('epsilon') ?? 10_000,
    ...(given.has('quantile') ? { followQuantile: given.get('quantile') } : {}),
    ...(given.has('rate') ? { samplingRate: given.get('rate') } : {}),
  });
  return read.success ? read.output : refuse(`${usage} ${read.issues[0].message}.`);
}

/** `fedper:layers=1`, `fedbn`, `ditto:lambda=0.1`, `finetune:epochs=1`. */
export function personalOf(text: string): NonNullable<SimulationSetup['personalisation']> {
  const [, type, name, number] = /^(\w+)(?::(\w+)=(\S+))?$/.exec(text) ?? [];
  const read = v.safeParse(Personalisation, {
    type,
    ...(name === undefined ? {} : { [name]: Number(number) }),
  });
  return read.success && read.output.type !== 'none'
    ? read.output
    : refuse('One of fedper:layers=1, fedbn, ditto:lambda=0.1, finetune:epochs=1.');
}

export const strategyOption = (text: string): SimulationSetup['strategy'] => {
  const { name, options } = read(parseStrategy(text));
  return { name, options: { ...options } };
};
export const attackOption = (text: string): NonNullable<SimulationSetup['attack']> => {
  const { name, options } = read(parseAttack(text));
  return { name, options: { ...options } };
};
/** `flip=1,shift=0.125` */
export const augmentOption = (text: string): SimulationSetup['augmentation'] =>
  read(parseAugmentation(text, '--augment'));
export const codecOption = (text: string): string => read(parseCodec(text)).name;
export const modelOption = (text: string): string => {
  read(parseModel(text));
  return text;
};
export const partitionOption = (text: string): string => {
  read(parsePartition(text));
  return text;
};
