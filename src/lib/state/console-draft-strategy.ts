// The strategy and the codecs of a draft: what they are judged against, what each costs in bytes, and both in words. Made of
// the strategies' and the codecs' own lists, so that a new one needs no new form. Only the console loads these lists.
import { checkStrategy, conflictsOf } from '#lib/core/aggregation/check-strategy.ts';
import { strategyNamed } from '#lib/core/aggregation/index.ts';
import { leastUpdates, needsRoot, type Strategy } from '#lib/core/aggregation/strategy.ts';
import {
  plainRounds,
  type Personalisation,
  type StrategyChoice,
  type TransferRules,
} from '#lib/core/federation.ts';
import type { Network } from '#lib/core/model/network.ts';
import { optimizerWith } from '#lib/core/model/optimizer-kinds.ts';
import { sharedCount } from '#lib/core/model/own-part.ts';
import { readOptions, type OptionValues } from '#lib/core/named-options.ts';
import { codecKinds, parseCodec } from '#lib/core/update/codec/index.ts';
import { excludedBySum } from './console-draft-secure.ts';
import { emptyDraft, type Draft } from './console-draft.ts';
import { bytes, count } from './format.ts';

/** As typed: options may be empty, for the schema to refuse by name. */
export const strategyChosen = ({
  strategy,
}: Draft): { name: string; options: Record<string, number | null> } => ({
  name: strategy.name,
  options: strategy.options[strategy.name] ?? {},
});

/** The way and its own number alone, as the schema reads it. */
export function personalisationChosen({
  personalisation,
}: Draft):
  | { readonly type: 'none' | 'fedbn' }
  | { readonly type: 'fedper'; readonly layers: number | null }
  | { readonly type: 'ditto'; readonly lambda: number | null }
  | { readonly type: 'finetune'; readonly epochs: number | null } {
  const { type, layers, lambda, epochs } = personalisation;
  switch (type) {
    case 'none':
    case 'fedbn':
      return { type };
    case 'fedper':
      return { type, layers };
    case 'ditto':
      return { type, lambda };
    case 'finetune':
      return { type, epochs };
    default:
      return type satisfies never;
  }
}

/** What a strategy is judged against. Where a number is missing that of a new draft stands in: its own field says so. */
export function plannedTyped(draft: Draft): Parameters<typeof checkStrategy>[0] {
  const usual = emptyDraft();
  const plan = (name: Exclude<keyof Draft['plan'], 'optimizer'>): number =>
    draft.plan[name] ?? usual.plan[name] ?? 0;
  const rule = (name: keyof Draft['rules']): number => draft.rules[name] ?? usual.rules[name] ?? 0;
  const { name, options } = strategyChosen(draft);
  return {
    plan: {
      localEpochs: plan('localEpochs'),
      batchSize: plan('batchSize'),
      learningRate: plan('learningRate'),
      optimizer: optimizerWith(draft.plan.optimizer, {
        momentum: plan('momentum'),
        weightDecay: plan('weightDecay'),
      }),
      proximalTerm: plan('proximalTerm'),
      seed: plan('seed'),
    },
    rules: {
      mode:
        draft.further.mode === 'asynchronous'
          ? { type: 'asynchronous', concurrency: draft.further.concurrency ?? 1 }
          : { type: 'synchronous' },
      selection: plainRounds.selection,
      reserve: plainRounds.reserve,
      goal: rule('goal'),
      minimum: rule('minimum'),
      overSelection: rule('overSelection'),
      selectionDeadlineMs: rule('selectionDeadlineMs'),
      reportingDeadlineMs: rule('reportingDeadlineMs'),
      pauseMs: rule('pauseMs'),
      maximumRounds: rule('maximumRounds'),
    },
    strategy: { name, options: numbersAmong(options) },
    transfer: draft.transfer,
    personalisation: personalTyped(draft),
  };
}

function personalTyped(draft: Draft): Personalisation {
  const chosen = personalisationChosen(draft);
  switch (chosen.type) {
    case 'none':
    case 'fedbn':
      return { type: chosen.type };
    case 'fedper':
      return { type: 'fedper', layers: chosen.layers ?? 1 };
    case 'ditto':
      return { type: 'ditto', lambda: chosen.lambda ?? 0 };
    case 'finetune':
      return { type: 'finetune', epochs: chosen.epochs ?? 1 };
    default:
      return chosen satisfies never;
  }
}

const numbersAmong = (typed: Readonly<Record<string, number | null>>): Record<string, number> => {
  const given: Record<string, number> = {};
  for (const [name, value] of Object.entries(typed)) if (value !== null) given[name] = value;
  return given;
};

/** Why a strategy cannot be chosen in the plan as typed; undefined where it can. */
export function strategyConflict(draft: Draft, strategy: Strategy): string | undefined {
  const excluded = excludedBySum(draft.secureSum, strategy.name);
  const conflicts = [
    ...conflictsOf(strategy, plannedTyped(draft)),
    ...(excluded === undefined ? [] : [excluded]),
  ];
  return conflicts.length === 0 ? undefined : conflicts.join(' ');
}

export interface CodecChoices {
  readonly name: string;
  readonly title: string;
}

/** Every codec that is put up for choice, and `present` where that is another one (of a duplicated federation). */
export function codecChoices(present: string): readonly CodecChoices[] {
  const names = codecKinds.flatMap((kind) => kind.offered);
  return [...names, ...(names.includes(present) ? [] : [present])].map((name) => {
    const codec = parseCodec(name);
    return { name, title: codec.ok ? codec.value.title : name };
  });
}

/** What one vector of a round takes. */
export interface WireCost {
  /** Of the encoding. */
  readonly bytes: number;
  /** As f32. */
  readonly exactBytes: number;
  /** Of the encoding, for each parameter of the model. */
  readonly bitsPerParameter: number;
  readonly title: string;
}

/** Parameters that leave a device: all but those that are its own (FedPer, FedBN). */
export const sharedParameters = (
  network: Network,
  personalisation:
    | Exclude<Personalisation, { type: 'fedper' }>
    | { readonly type: 'fedper'; readonly layers: number | null }
    | { readonly type: 'ditto' | 'finetune' },
): number =>
  personalisation.type === 'fedper'
    ? personalisation.layers === null
      ? network.parameterCount
      : sharedCount(network, { type: 'fedper', layers: personalisation.layers })
    : sharedCount(network, { type: personalisation.type });

export interface WireCosts {
  /** An update, as it leaves a device. */
  readonly up: WireCost;
  /** A version, to a device that holds the one before. */
  readonly down: WireCost;
}

/** Of `parameters` that leave a device; undefined where there are none, or where the strategy or a codec is none that is known. */
export function wireCosts(
  parameters: number,
  strategy: { readonly name: string },
  transfer: TransferRules,
): WireCosts | undefined {
  const chosen = strategyNamed(strategy.name);
  const uplink = parseCodec(transfer.uplink);
  const downlink = parseCodec(transfer.downlink);
  if (chosen === undefined || !uplink.ok || !downlink.ok || parameters < 1) return undefined;
  const cost = (codec: typeof uplink.value, length: number): WireCost => ({
    bytes: codec.byteLength(length),
    exactBytes: 4 * length,
    bitsPerParameter: (8 * codec.byteLength(length)) / parameters,
    title: codec.title,
  });
  return {
    up: cost(uplink.value, chosen.updateLength(parameters)),
    down: cost(downlink.value, parameters),
  };
}

const short = (value: number): string => String(Number(value.toFixed(value < 1 ? 2 : 1)));

/** "3 bits a parameter: 75 kB up instead of 797 kB, 10.6 × less." */
export function costSentence(cost: WireCost, way: 'up' | 'down'): string {
  const bits = `${short(cost.bitsPerParameter)} bits a parameter`;
  if (cost.bytes === cost.exactBytes) return `${bits}: ${bytes(cost.bytes)} ${way}.`;
  const factor = cost.exactBytes / cost.bytes;
  const compared =
    factor >= 1 ? `${short(factor)} × less` : `more than without it: the model is too small for this`;
  return `${bits}: ${bytes(cost.bytes)} ${way} instead of ${bytes(cost.exactBytes)}, ${compared}.`;
}

const optionWords = (strategy: Strategy, options: OptionValues): string =>
  strategy.options
    .map((option) => `${lowered(option.title)} ${options[option.name] ?? option.default}`)
    .join(', ');
const lowered = (title: string): string => title.charAt(0).toLowerCase() + title.slice(1);

/** "FedYogi: server learning rate 0.01, first-moment decay 0.9"; the name as it is where no strategy has it. */
export function strategyWords(choice: StrategyChoice): string {
  const strategy = strategyNamed(choice.name);
  if (strategy === undefined) return choice.name;
  const options = optionWords(strategy, choice.options);
  return options === '' ? strategy.title : `${strategy.title}: ${options}`;
}

/** "eden:3 up, eden:4 down, for 75 kB and 100 kB"; without sizes where the model's is not known. */
export function transferWords(transfer: TransferRules, costs: WireCosts | undefined): string {
  const titleOf = (name: string): string => {
    const codec = parseCodec(name);
    return codec.ok ? lowered(codec.value.title) : name;
  };
  const part = (way: 'up' | 'down', name: string): string =>
    `${way} ${titleOf(name)}${costs === undefined ? '' : ` (${bytes(costs[way].bytes)})`}`;
  return `${part('up', transfer.uplink)}; ${part('down', transfer.downlink)}`;
}

/** How many updates a round needs at least; undefined for strategies that work with any number, or while an option is refused. */
export function minimumWords(
  strategy: Strategy,
  options: Readonly<Record<string, number | null>>,
): string | undefined {
  const read = readOptions(strategy, numbersAmong(options));
  if (strategy.needs !== 'individual' || !read.ok) return undefined;
  const least = count(leastUpdates(strategy, read.value));
  return needsRoot(strategy)
    ? `Needs a device that you trust, the root: every update counts as far as it points the way of the root’s, so its rows must be right and like the others’, about 100 of them. Once devices are here, choose it on the page of participants. A round needs at least ${least} updates, the root’s among them.`
    : `Compares updates with each other: a round needs at least ${least}.`;
}

/** "FedYogi · eden:3 up, eden:4 down": a run's strategy and codecs, for a head. */
export const planWords = (strategy: StrategyChoice, { uplink, downlink }: TransferRules): string =>
  `${strategyNamed(strategy.name)?.title ?? strategy.name} · ${
    uplink === downlink ? `${uplink} up and down` : `${uplink} up, ${downlink} down`
  }`;

/** "Layers of one's own, the last 1": what each device makes for itself. */
export function personalWords(personalisation: Personalisation): string {
  switch (personalisation.type) {
    case 'none':
      return 'one model for all';
    case 'fedper':
      return `layers of one’s own, the last ${personalisation.layers}`;
    case 'fedbn':
      return 'normalisation of one’s own';
    case 'ditto':
      return `a model of one’s own beside the shared one, λ ${personalisation.lambda}`;
    case 'finetune':
      return `each version trained on for ${personalisation.epochs} ${personalisation.epochs === 1 ? 'epoch' : 'epochs'}, for one’s own use`;
    default:
      return personalisation satisfies never;
  }
}
