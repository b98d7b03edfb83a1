// What a round's cohort sums, worked out of the run's spec when the round is configured.
import { aggregationSetting } from '#lib/core/aggregation/aggregation-setting.ts';
import type { FederatedModel } from '#lib/core/federated-model.ts';
import { secureSumOf, type FederationSpec } from '#lib/core/federation.ts';
import type { FederationId } from '#lib/core/ids.ts';
import { noiseInSum } from '#lib/core/privacy/noise-in-sum.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import type { Reporting } from '#lib/core/round/round-state.ts';
import { coordinateWords, scalarsOf, tailWords } from '#lib/core/secure-sum/encoding.ts';
import { groupsOf, weighedBy } from '#lib/core/secure-sum/groups.ts';
import type { SumConfig, SumEncoding } from '#lib/core/secure-sum/messages.ts';
import { leavingOf } from '#lib/core/secure-sum/neighbourhood.ts';
import { colludingOf, LEAST_COHORT } from '#lib/core/secure-sum/rules.ts';
import { rotationBlocks } from '#lib/core/update/codec/hadamard.ts';
import { stepForSigma } from '#lib/core/update/codec/ring-compact.ts';
import { strategyOfRun } from '../run-terms.ts';

/** Updates may move this much further than in the round before until a narrow ring wraps more often than it is laid out for. */
const ROOM = 1.3;

/**
 * `norms`: what the sums of the round before came to (DecodedSum), by rotation block; undefined where nothing is known: then the
 * round sums exactly, whatever the ring, and the next one knows.
 */
export function sumConfigOf(
  federation: FederationId,
  spec: FederationSpec,
  model: FederatedModel,
  round: Reporting,
  norms: readonly number[] | undefined,
): SumConfig {
  const rules = secureSumOf(spec);
  if (rules === undefined) throw new Error(`Federation ${federation} has no secure sum.`);
  const strategy = weighedBy(strategyOfRun(model, spec));
  const setting = aggregationSetting(spec, model.parameterCount, round.population);
  const length = strategy.updateLength(model.parameterCount);
  const { clipNorm, mostWeight, profile } = rules;
  const exact: SumEncoding = {
    type: 'exact',
    clip: clipNorm * strategy.scaleBound(setting),
    clipNorm,
    mostWeight,
  };
  const { bits, encoding } =
    model.type !== 'network'
      ? ({ bits: 32, encoding: { type: 'words' } } as const)
      : spec.privacy.type === 'distributed'
        ? ({
            bits: 32,
            encoding: noisy(spec.privacy, length, round.cohort.length, colludingOf(rules)),
          } as const)
        : rules.ring === 32 || norms === undefined
          ? ({ bits: 32, encoding: exact } as const)
          : {
              bits: rules.ring,
              encoding: {
                type: 'compact',
                steps: stepsFor(length, norms, rules.ring),
                clipNorm,
                mostWeight,
              } as const,
            };
  return {
    suite: 1,
    federation,
    run: round.run,
    round: round.round,
    version: round.base,
    base: round.baseDigest,
    bits,
    length,
    words: coordinateWords(length, bits),
    tail: tailWords(scalarsOf(strategy, setting)),
    encoding,
    profile,
    cohort: round.cohort.length,
    groups: groupsOf(spec),
    least: LEAST_COHORT,
    colluding: colludingOf(rules),
    leaving: leavingOf(round.rules),
  };
}

function noisy(privacy: Noised, length: number, cohort: number, colluding: number): SumEncoding {
  const noise = noiseInSum(privacy, length, cohort, colluding);
  if (noise === undefined) throw new Error('The spec’s noise does not fit into a secure sum.');
  return { type: 'noisy', clipNorm: privacy.clipNorm, ...noise };
}

/** Bytes of a masked vector once the range is known; undefined: the run has no secure sum. */
export function maskedBytesOf(spec: FederationSpec, model: FederatedModel): number | undefined {
  const rules = secureSumOf(spec);
  const strategy = weighedBy(strategyOfRun(model, spec));
  if (rules === undefined) return undefined;
  const setting = aggregationSetting(spec, model.parameterCount, 1);
  const length = strategy.updateLength(model.parameterCount);
  const bits = model.type === 'network' ? rules.ring : 32;
  return 4 * (coordinateWords(length, bits) + tailWords(scalarsOf(strategy, setting)));
}

const stepsFor = (
  length: number,
  norms: readonly number[],
  ring: Parameters<typeof stepForSigma>[1],
): number[] =>
  rotationBlocks(length).map(({ size }, block) =>
    stepForSigma((ROOM * (norms[block] ?? 0)) / Math.sqrt(size), ring),
  );
