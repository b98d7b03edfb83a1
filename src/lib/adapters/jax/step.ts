// One training step, and the outputs alone, as functions that jax-js compiles: forward, loss, backward and optimiser are one
// program, once for each batch size. The arithmetic is core's (core/model/optimizer.ts), in f32.
import { jit, nn, numpy as np, valueAndGrad, type Array as JaxArray, type Device } from '@jax-js/jax';
import { isClassifier } from '../../core/model/head.ts';
import { isTrained, type Network, type ParameterSlot } from '../../core/model/network.ts';
import { momentRule, momentStep, momentumOf } from '../../core/model/optimizer.ts';
import type { SessionPlan } from '../../ports/trainer.ts';
import { forward } from './passes.ts';

/** Lists in the order of the slots: of all of them for parameters, of those that gradients move for the others. */
export type Held = {
  parameters: JaxArray[];
  /** Momentum, or Adam's first moments; empty without. */
  first: JaxArray[];
  /** Adam's second moments; empty without. */
  second: JaxArray[];
  /** Σ of the loss over the examples since it was last taken, []. */
  loss: JaxArray;
};

/** What a step is given and leaves alone. */
export type Given = {
  /** [B, ...inputShape] */
  features: JaxArray;
  /** [B, classes], 1 for the class of a row; or numbers [B]. */
  targets: JaxArray;
  /** A mask [B, ...inputShape] for each layer that drops out. */
  masks: JaxArray[];
  /** Of the proximal term; empty without. */
  anchor: JaxArray[];
  /** Added to the gradient; empty without. */
  correction: JaxArray[];
  /** [5]: see settingsOf. */
  settings: JaxArray;
};

/** The numbers that change from step to step, or from plan to plan: a program is compiled for any. `t` counts steps from 1. */
export function settingsOf(
  { learningRate, optimizer, proximalTerm }: SessionPlan,
  t: number,
): Float32Array<ArrayBuffer> {
  const rule = momentRule(optimizer);
  const step = rule && momentStep(rule, learningRate, t);
  return Float32Array.of(
    step?.rate ?? learningRate,
    momentumOf(optimizer),
    proximalTerm,
    step?.correction ?? 1,
    step?.keep ?? 1,
  );
}

/** Layers that drop something out. */
export const dropoutLayers = (network: Network) =>
  network.layers.flatMap(({ spec, index, inputShape }) =>
    spec.type === 'dropout' && spec.rate > 0 ? [{ index, inputShape, rate: spec.rate }] : [],
  );

export type TrainingStep = (held: Held, given: Given) => Held;
export type Outputs = (parameters: JaxArray[], features: JaxArray) => JaxArray;

/** Compiled for a batch size when it is first called with it. Uses up what it is given. */
export function outputsOf(network: Network, device: Device): Outputs {
  return jit((parameters: JaxArray[], features: JaxArray): JaxArray => {
    const places = new Map(network.slots.map((slot, index) => [slot, index]));
    const parameter = (slot: ParameterSlot): JaxArray => at(parameters, places.get(slot)).ref;
    const batch = features.shape[0] ?? 0;
    return forward({ network, device, batch, parameter, masks: undefined }, features).outputs;
  });
}

/** Likewise; `optimizer`: which kind it is, and whether it has momentum, not how much of it or of decay. */
export function trainingStepOf(
  network: Network,
  device: Device,
  optimizer: SessionPlan['optimizer'],
): TrainingStep {
  const rule = momentRule(optimizer);
  const decays = optimizer.type === 'adamw';
  const trained = network.slots.filter(isTrained);
  const dropping = dropoutLayers(network);

  const lossOf = (
    moving: JaxArray[],
    resting: JaxArray[],
    given: Pick<Given, 'features' | 'targets' | 'masks'>,
  ): [JaxArray, JaxArray[]] => {
    const { features, targets, masks } = given;
    const batch = features.shape[0] ?? 0;
    const all = new Map<ParameterSlot, JaxArray>();
    for (const [index, slot] of trained.entries()) all.set(slot, at(moving, index));
    for (const [index, slot] of network.slots.filter((one) => !isTrained(one)).entries())
      all.set(slot, at(resting, index));
    const parameter = (slot: ParameterSlot): JaxArray => at([all.get(slot)], 0).ref;
    const maskOf = new Map(dropping.map(({ index }, which) => [index, at(masks, which)]));
    const { outputs, statistics } = forward({ network, device, batch, parameter, masks: maskOf }, features);
    const values = new Map(statistics.map((one) => [one.slot, one.values]));
    const moved = network.slots.filter((slot) => !isTrained(slot)).map((slot) => at([values.get(slot)], 0));
    if (isClassifier(network))
      return [
        nn
          .logSoftmax(outputs)
          .mul(targets)
          .sum()
          .mul(-1 / batch),
        moved,
      ];
    const error = outputs.reshape([batch]).sub(targets);
    return [
      error.ref
        .mul(error)
        .sum()
        .mul(1 / batch),
      moved,
    ];
  };

  return jit((held: Held, given: Given): Held => {
    const { features, targets, masks, anchor, correction, settings } = given;
    const batch = features.shape[0] ?? 0;
    const places = new Map(network.slots.map((slot, index) => [slot, index]));
    const of = (slot: ParameterSlot): JaxArray => at(held.parameters, places.get(slot));
    const resting = network.slots.filter((slot) => !isTrained(slot)).map(of);
    const [[loss, moved], gradients] = valueAndGrad(lossOf, { hasAux: true })(
      trained.map((slot) => of(slot).ref),
      resting,
      { features, targets, masks },
    );
    const setting = (index: number): JaxArray => settings.ref.slice(index);
    const first: JaxArray[] = [];
    const second: JaxArray[] = [];
    const next = new Map<ParameterSlot, JaxArray>();
    for (const [index, slot] of trained.entries()) {
      const before = of(slot);
      let gradient = at(gradients, index);
      if (anchor.length > 0) gradient = gradient.add(before.ref.sub(at(anchor, index)).mul(setting(2)));
      if (correction.length > 0) gradient = gradient.add(at(correction, index));
      let move: JaxArray;
      if (rule !== undefined) {
        const { beta1, beta2, epsilon } = rule;
        const m = at(held.first, index)
          .mul(beta1)
          .add(gradient.ref.mul(1 - beta1));
        const u = at(held.second, index)
          .mul(beta2)
          .add(gradient.ref.mul(gradient).mul(1 - beta2));
        first.push(m.ref);
        second.push(u.ref);
        move = m.div(np.sqrt(u.div(setting(3))).add(epsilon));
      } else if (momentumOf(optimizer) > 0) {
        move = at(held.first, index).mul(setting(1)).add(gradient);
        first.push(move.ref);
      } else move = gradient;
      const kept = decays ? before.mul(setting(4)) : before;
      next.set(slot, kept.sub(move.mul(setting(0))));
    }
    const rest = network.slots.filter((slot) => !isTrained(slot));
    for (const [index, slot] of rest.entries()) next.set(slot, at(moved, index));
    return {
      parameters: network.slots.map((slot) => at([next.get(slot)], 0)),
      first,
      second,
      loss: held.loss.add(loss.mul(batch)),
    };
  });
}

function at<T>(list: readonly (T | undefined)[], index: number | undefined): T {
  const one = index === undefined ? undefined : list[index];
  if (one === undefined) throw new Error('A list is not as long as the slots that it is for.');
  return one;
}
