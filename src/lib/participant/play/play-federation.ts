// A whole federation in one place, round by round: who is there, what each trains and reports, who lies, how updates cross and
// how they become the next version. Everything by the same strategies, codecs and attacks as a real federation; everything
// drawn from the seed, so that an experiment repeated is the same to the last bit. No clock, no network, no store.
import { aggregatePlainly } from './aggregate-plainly.ts';
import { dealt, PLAY_CLASSES, PLAY_SIDE, type PlayDigits } from './play-digits.ts';
import type { PlaySetting } from './experiment.ts';
import { playReferences, type PlayReference } from './play-references.ts';
import { scorePlainly, trainPlainly, type PlayScore, type Trained } from './train-plainly.ts';
import { failureSentence, type UpdateFacts } from '../../core/aggregation/strategy.ts';
import { strategyOf } from '../../core/aggregation/strategy-spec.ts';
import { attackNamed } from '../../core/attacks/index.ts';
import type { Attack } from '../../core/attacks/attack.ts';
import type { Examples } from '../../core/data/examples.ts';
import { networkOf } from '../../core/model/families/index.ts';
import { initialParameters, type Network } from '../../core/model/network.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import { random } from '../../core/random.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { updateCheck } from '../../core/update/check-update.ts';
import { codecNamed, decodeAll } from '../../core/update/codec/index.ts';
import { MAXIMUM_COORDINATE } from '../../protocol/limits.ts';

/** Hidden units: 4,970 parameters with 14 × 14 pixels and ten classes. */
const HIDDEN = 24;
const LEARNING_RATE = 0.1;

export interface PlayParticipant {
  readonly lies: boolean;
  readonly examples: number;
  /** Rows of each digit, 0 to 9, as dealt. */
  readonly digits: readonly number[];
}

export type PlayFate = 'averaged' | 'dropped' | 'refused';

export interface PlayMember {
  readonly fate: PlayFate;
  /** ‖delta‖₂ as it was reported; null where nothing was. */
  readonly norm: number | null;
  /** Of the shared model, after the round, on the rows that it was dealt. */
  readonly accuracy: number;
}

export interface PlayRound extends PlayScore {
  /** From 1. */
  readonly round: number;
  /** Why the model stayed as it was; null: there is a new version. */
  readonly abandoned: string | null;
  /** Of all updates that were sent. */
  readonly bytesUp: number;
  /** In the order of the participants. */
  readonly members: readonly PlayMember[];
}

export interface PlayFederation {
  readonly participants: readonly PlayParticipant[];
  readonly parameterCount: number;
  /** Before the first round. */
  readonly start: PlayScore;
  next(): PlayRound;
  /** As many passes as it was called, of models that no round makes: for a curve beside the rounds. */
  nextReference(): PlayReference;
}

/** What one participant keeps from round to round. */
interface Device {
  readonly own: Examples;
  /** The same as `own`, but for those whose attack is on rows. */
  readonly trainsOn: Examples;
  readonly lies: boolean;
  /** What its codec could not send. */
  residual: Float32Array | undefined;
  /** c_k of SCAFFOLD. */
  control: Float32Array | undefined;
}

interface Update {
  readonly device: number;
  readonly facts: Omit<UpdateFacts, 'norm'>;
  /** [updateLength] */
  values: Float32Array<ArrayBuffer>;
}

/** Or one sentence about what in the setting cannot be. */
export function playFederation(
  setting: PlaySetting,
  data: PlayDigits,
  seed: number,
): Result<PlayFederation, string> {
  const strategy = strategyOf(setting.strategy);
  if (strategy.name === 'fedbuff')
    return fail(
      `${strategy.title} takes updates of models of different age. In this tab all train on the newest one: choose another strategy.`,
    );
  const attack = attackNamed(setting.attack.name);
  if (attack === undefined) return fail(`There is no attack “${setting.attack.name}”.`);
  const parts = dealt(data.train, setting.participants, setting.concentration, seed);
  if (!parts.ok) return parts;
  const network = playNetwork();
  const liars = liarsOf(setting, seed);
  const devices: Device[] = [];
  for (const [index, own] of parts.value.entries()) {
    const lies = liars.has(index);
    const trainsOn = lies ? poisoned(own, attack, setting, random(seed, 'play', 'poison', index)) : ok(own);
    if (!trainsOn.ok) return trainsOn;
    devices.push({ own, trainsOn: trainsOn.value, lies, residual: undefined, control: undefined });
  }

  const codec = codecNamed(setting.codec);
  const length = strategy.updateLength(network.parameterCount);
  const controls = strategy.asks.includes('controls');
  let parameters = initialParameters(network, seed);
  let state = new Float32Array(
    strategy.stateLength({ parameterCount: network.parameterCount, options: setting.strategy.options }),
  );
  let round = 0;

  function train(rows: Examples, index: number, control: Float32Array | undefined): Trained {
    const plan = { ...playPlan, seed: random(seed, 'play', 'batches', round, index).below(4294967296) };
    if (!controls) return trainPlainly(network, parameters, rows, plan);
    const correction = state.map((c, i) => c - (control?.[i] ?? 0));
    return trainPlainly(network, parameters, rows, plan, correction);
  }

  /** [Δy ; Δc] where the strategy asks for controls: c_k⁺ = c_k − c + (w − y)/(K·η), option II of algorithm 1. */
  function withControls(device: Device, { delta, steps }: Trained): Float32Array<ArrayBuffer> {
    if (!controls) return delta;
    const values = new Float32Array(2 * delta.length);
    const control = device.control ?? new Float32Array(delta.length);
    const next = control.slice();
    for (let i = 0; i < delta.length; i += 1) {
      const change = -state[i]! - delta[i]! / (steps * LEARNING_RATE);
      values[i] = delta[i]!;
      values[delta.length + i] = change;
      next[i] = control[i]! + change;
    }
    device.control = next;
    return values;
  }

  function report(index: number): Update {
    const device = devices[index]!;
    const baseLoss = strategy.asks.includes('base-loss')
      ? scorePlainly(network, parameters, device.trainsOn).loss
      : null;
    const trained = train(device.trainsOn, index, device.control);
    return {
      device: index,
      values: withControls(device, trained),
      facts: { examples: device.own.count, steps: trained.steps, baseLoss, staleness: 0 },
    };
  }

  /** What liars report instead, in place; those who see all see the honest updates of this round. */
  function lie(updates: readonly Update[]): string | undefined {
    const lying = updates.filter((update) => devices[update.device]!.lies);
    if (lying.length === 0 || attack === undefined) return undefined;
    const P = network.parameterCount;
    const about = {
      options: setting.attack.options,
      cohort: updates.length,
      hostile: lying.length,
      serverLearningRate: setting.strategy.options['lr'] ?? 1,
    };
    switch (attack.acts) {
      case 'on-rows':
        return undefined;
      case 'on-own-delta':
      case 'on-rows-and-own-delta':
        for (const update of lying) {
          const draw = random(seed, 'play', 'lie', round, update.device);
          update.values.set(attack.craft(update.values.slice(0, P), { ...about, draw }));
        }
        return undefined;
      case 'on-honest-updates': {
        const honest = updates
          .filter((update) => !lying.includes(update))
          .map((update) => update.values.slice(0, P));
        if (honest.length === 0) return undefined;
        const crafted = attack.craft(honest, { ...about, draw: random(seed, 'play', 'lie', round) });
        if (!crafted.ok) return crafted.error.message;
        for (const update of lying) update.values.set(crafted.value);
        return undefined;
      }
      default:
        return attack satisfies never;
    }
  }

  /** As it arrives: checked, encoded and decoded; undefined where a server would refuse it. */
  function sent(update: Update): Float32Array<ArrayBuffer> | undefined {
    const device = devices[update.device]!;
    const values = update.values;
    if (codec.needsErrorFeedback && device.residual !== undefined)
      for (let i = 0; i < length; i += 1) values[i]! += device.residual[i]!;
    if (updateCheck(length, MAXIMUM_COORDINATE).add(values) !== undefined) return undefined;
    const context = `play/${round}/${update.device}`;
    const arrived = decodeAll(codec, codec.encode(values, context), length, context);
    if (!arrived.ok) throw new Error(`What ${codec.name} encodes it cannot decode: ${arrived.error.kind}.`);
    if (codec.needsErrorFeedback) device.residual = values.map((value, i) => value - arrived.value[i]!);
    return arrived.value;
  }

  return ok({
    participants: devices.map(({ own, lies }) => ({ lies, examples: own.count, digits: digitsOf(own) })),
    parameterCount: network.parameterCount,
    start: scorePlainly(network, parameters, data.test),
    nextReference: playReferences(
      network,
      parameters,
      playPlan,
      {
        pooled: data.train,
        honest: devices.filter(({ lies }) => !lies).map(({ own }) => own),
        test: data.test,
      },
      seed,
    ),
    next() {
      round += 1;
      const presence = random(seed, 'play', 'presence', round);
      const present = devices.map(() => presence.next() >= setting.dropOut);
      const updates = [...present.keys()].filter((index) => present[index]).map(report);
      const problem = lie(updates);
      const fates = present.map((here): PlayFate => (here ? 'averaged' : 'dropped'));
      const norms = new Map<number, number>();
      const arrived: { facts: UpdateFacts; values: Float32Array }[] = [];
      for (const update of updates) {
        const values = sent(update);
        if (values === undefined) {
          fates[update.device] = 'refused';
          continue;
        }
        const norm = Math.hypot(...values);
        norms.set(update.device, norm);
        arrived.push({ facts: { ...update.facts, norm }, values });
      }
      const needsRoot = strategy.needs === 'individual' && strategy.needsRoot;
      const rootDelta = needsRoot ? train(data.root, -1, undefined) : undefined;
      const made = aggregatePlainly(strategy, {
        updates: arrived,
        root:
          rootDelta === undefined
            ? undefined
            : {
                values: rootDelta.delta,
                facts: {
                  examples: data.root.count,
                  steps: rootDelta.steps,
                  baseLoss: null,
                  norm: Math.hypot(...rootDelta.delta),
                  staleness: 0,
                },
              },
        base: parameters,
        state,
        setting: {
          parameterCount: network.parameterCount,
          options: setting.strategy.options,
          training: { learningRate: LEARNING_RATE, momentum: 0, proximalTerm: 0 },
          population: devices.length,
        },
      });
      if (made.ok && problem === undefined) {
        parameters = made.value.parameters;
        state = made.value.state;
      }
      return {
        round,
        abandoned: problem ?? (made.ok ? null : failureSentence(made.error)),
        ...scorePlainly(network, parameters, data.test),
        bytesUp: arrived.length * codec.byteLength(length),
        members: devices.map(({ own }, index) => ({
          fate: fates[index]!,
          norm: norms.get(index) ?? null,
          accuracy: scorePlainly(network, parameters, own).accuracy,
        })),
      };
    },
  });
}

const playPlan: Omit<TrainingPlan, 'seed'> = {
  localEpochs: 1,
  batchSize: 10,
  learningRate: LEARNING_RATE,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
};

function playNetwork(): Network {
  const classes = Array.from({ length: PLAY_CLASSES }, (_, digit) => String(digit));
  const contract = { kind: 'image', height: PLAY_SIDE, width: PLAY_SIDE, channels: 1, classes } as const;
  const network = networkOf('mlp', contract, { hidden: [HIDDEN], dropout: 0 });
  if (!network.ok) throw new Error(network.error.message);
  return network.value;
}

/** Drawn once: the same participants lie in every round, and those of a smaller share are among those of a larger. */
function liarsOf({ participants, liars }: PlaySetting, seed: number): ReadonlySet<number> {
  const order = random(seed, 'play', 'liars').shuffle(
    Array.from({ length: participants }, (_, index) => index),
  );
  return new Set(order.slice(0, Math.round(liars * participants)));
}

function poisoned(
  own: Examples,
  attack: Attack,
  setting: PlaySetting,
  draw: ReturnType<typeof random>,
): Result<Examples, string> {
  if (attack.acts !== 'on-rows' && attack.acts !== 'on-rows-and-own-delta') return ok(own);
  const rows = attack.poison(own, {
    options: setting.attack.options,
    exampleShape: [PLAY_SIDE, PLAY_SIDE, 1],
    classes: PLAY_CLASSES,
    draw,
  });
  return rows.ok ? rows : fail(rows.error.message);
}

function digitsOf(rows: Examples): number[] {
  const counts = Array.from({ length: PLAY_CLASSES }, () => 0);
  for (const target of rows.targets) counts[target]! += 1;
  return counts;
}
