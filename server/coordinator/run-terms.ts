// What a run's spec comes to for its rounds: what an update must be, how updates are added up, how a version goes down. Plain
// arithmetic on the spec; who holds the run is federation.ts.
import { quantumFor } from '#lib/core/aggregation/fixed-point-sum.ts';
import type { Strategy } from '#lib/core/aggregation/strategy.ts';
import { aggregationSetting } from '#lib/core/aggregation/aggregation-setting.ts';
import { strategyFor, type FederatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { FederationId } from '#lib/core/ids.ts';
import type { TrainingPlan } from '#lib/core/model/spec.ts';
import { plansTried } from '#lib/core/search/settings-tried.ts';
import { clippedStrategy, noiseQuantum } from '#lib/core/privacy/central.ts';
import { FIRST_VERSIONS, versionContext } from '#lib/core/update/broadcast.ts';
import type { Codec } from '#lib/core/update/codec/codec.ts';
import { codecNamed } from '#lib/core/update/codec/index.ts';
import { MAXIMUM_COORDINATE } from '#lib/protocol/limits.ts';
import type { Downlink } from './publish.ts';
import type { VersionList } from './version-list.ts';

/** What an update of a run must be. */
export interface WantedUpdate {
  readonly uplink: Codec;
  /** Values that it decodes to. */
  readonly length: number;
  readonly asksBaseLoss: boolean;
  /** Local steps that a plan makes of so many examples: the one that was given, or whichever makes most. */
  readonly mostSteps: (examples: number, given: TrainingPlan | undefined) => number;
}

export function wantedUpdate(spec: FederationSpec, model: FederatedModel): WantedUpdate {
  const { plan, transfer } = spec;
  const { asks, updateLength } = strategyFor(model, spec);
  return {
    uplink: codecNamed(transfer.uplink),
    length: updateLength(model.parameterCount),
    asksBaseLoss: asks.includes('base-loss'),
    mostSteps: (examples, given) =>
      Math.max(
        ...(given === undefined ? [plan, ...plansTried(spec)] : [given]).map(
          ({ localEpochs, batchSize }) => localEpochs * Math.ceil(examples / batchSize),
        ),
      ),
  };
}

/** What makes a version of a run's updates: each clipped and counted once where noise is added to their sum. */
export function strategyOfRun(model: FederatedModel, spec: FederationSpec): Strategy {
  const strategy = strategyFor(model, spec);
  const { privacy } = spec;
  return (privacy.type === 'central' || privacy.type === 'distributed') && strategy.needs === 'sum'
    ? clippedStrategy(strategy, privacy.clipNorm)
    : strategy;
}

/** Fine enough for the sum that a cohort of these claims can make, and no finer: the sum stays exact. Without a sum, 1. */
export function quantumOf(
  spec: FederationSpec,
  model: FederatedModel,
  claimedExamples: readonly number[],
): number {
  const strategy = strategyOfRun(model, spec);
  if (strategy.needs === 'individual') return 1;
  const weight = claimedExamples.reduce((total, examples) => total + strategy.weightBound(examples), 0);
  const setting = aggregationSetting(spec, model.parameterCount, claimedExamples.length);
  const finest = quantumFor(weight, MAXIMUM_COORDINATE * strategy.scaleBound(setting));
  const { privacy } = spec;
  return privacy.type === 'central'
    ? noiseQuantum(privacy.noiseMultiplier * privacy.clipNorm, finest)
    : finest;
}

/** How the next version goes down, after so many committed rounds of its run: the first ones go down finer. */
export function downlinkOf(
  { transfer }: FederationSpec,
  federation: FederationId,
  roundsCommitted: number,
  versions: VersionList,
): Downlink {
  const { head } = versions;
  const wanted = codecNamed(transfer.downlink);
  const isFirst = roundsCommitted < FIRST_VERSIONS && wanted.name.startsWith('eden:');
  const version = head.version + 1;
  return {
    codec: isFirst ? codecNamed('q8') : wanted,
    seed: versionContext(federation, version),
    anchor: versions.anchorFor(version, head, wanted),
  };
}
