// What a version is worth to a device that no version has learnt from, where a part of the model or a model beside it is each device's
// own: it does what a device does that is new, and is judged, as it came and as it became, by rows that took no part in that (devices
// and, on each, rows to learn from and to judge by: Wang, Mathews, Kiddon, Eichner, Beaufays, Ramage 2019, "Federated Evaluation of
// On-device Personalization", arXiv 1910.10252). All of it is let go: only the two tallies are told. Loaded with the first such version.
import { selectExamples, type Examples } from '../core/data/examples.ts';
import { splitExamples } from '../core/data/split.ts';
import type { FederationSpec } from '../core/federation.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { hasOwnPart, ownPart } from '../core/model/own-part.ts';
import { valuesIn, withValues, type Range } from '../core/model/ranges.ts';
import type { TrainerSession } from '../ports/trainer.ts';
import type { Engine } from './engine.ts';
import { ownPlan, tallyOf, trainOwn, type OwnTraining, type OwnTrainingSurroundings } from './own-model.ts';

/** `personal`: null where training came to nothing, which the person is told. */
export interface JudgedAsNew {
  readonly tally: Tally;
  readonly personal: Tally | null;
}

/** Of all rows of such a device some are learnt from, and the others judge. undefined: none is there for that. Within engine.alone(). */
export async function judgeAsNew(
  { engine, network, spec }: Omit<OwnTraining, 'rows'>,
  all: Examples,
  { plan, personalisation }: Pick<FederationSpec, 'plan' | 'personalisation'>,
  version: { readonly number: number; readonly parameters: Float32Array<ArrayBuffer> },
  around: OwnTrainingSurroundings,
  signal: AbortSignal,
): Promise<JudgedAsNew | undefined> {
  const split = splitExamples(all);
  if (split.heldOut.length === 0 || split.training.length === 0) return undefined;
  const rows = {
    training: selectExamples(all, split.training),
    heldOut: selectExamples(all, split.heldOut),
  };
  const device = { engine, network, spec, rows };
  const { number, parameters } = version;
  const tally = await tallyOf(device, parameters, signal);
  const own = ownPart(network, personalisation);
  const training = hasOwnPart(personalisation)
    ? { ...device, engine: holdingStill(engine, own, parameters) }
    : device;
  const outcome = await trainOwn(
    training,
    ownPlan(plan, personalisation, number),
    { base: parameters },
    around,
    signal,
  );
  signal.throwIfAborted();
  if (outcome.type === 'failed')
    around.onEvent(`Version ${number} was judged as it is, and not as your own: ${outcome.message}`);
  const personal = outcome.type === 'finished' ? await tallyOf(device, outcome.parameters, signal) : null;
  return { tally, personal };
}

/**
 * An engine on which steps move the own part alone, and the rest of `version` [P] stands still: a head is fitted to the layers that it is
 * used with, as Collins, Hassani, Mokhtari, Shakkottai 2021 ("Exploiting Shared Representations for Personalized Federated Learning",
 * arXiv 2102.07078, §5) bring new clients in. No engine can leave a part out, so that what moved is put back after each step.
 */
export function holdingStill(engine: Engine, own: readonly Range[], version: Float32Array): Engine {
  return {
    ...engine,
    get choice() {
      return engine.choice;
    },
    async trainer() {
      const trainer = await engine.trainer();
      return {
        backend: trainer.backend,
        description: trainer.description,
        open: async (network, plan) => partlyStill(await trainer.open(network, plan), own, version),
        dispose: () => trainer.dispose(),
      };
    },
  };
}

function partlyStill(session: TrainerSession, own: readonly Range[], version: Float32Array): TrainerSession {
  let anchor: Float32Array | undefined;
  /** setState() may forget losses that were not taken. */
  let loss = 0;
  let examples = 0;
  return {
    setRows: (rows) => session.setRows(rows),
    setState(state, given) {
      anchor = given ?? state.parameters;
      return session.setState(state, anchor);
    },
    async setCorrection(correction) {
      if (correction !== undefined) throw new Error('An own part follows no correction.');
    },
    async step(indices) {
      await session.step(indices);
      loss += (await session.takeLoss()) * indices.length;
      examples += indices.length;
      const state = await session.state();
      const parameters = withValues(version, own, valuesIn(own, state.parameters));
      await session.setState({ ...state, parameters }, anchor);
    },
    async takeLoss() {
      const mean = loss / examples;
      loss = examples = 0;
      return mean;
    },
    state: () => session.state(),
    evaluate: (rows, options) => session.evaluate(rows, options),
    predict: (features, count) => session.predict(features, count),
    memoryBytes: () => session.memoryBytes(),
    close: () => session.close(),
  };
}
