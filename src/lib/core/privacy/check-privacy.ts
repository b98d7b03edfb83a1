// What privacy cannot be combined with, and why: read by the server before anything is made of a spec, and by the form as it is typed.
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import { strategyNamed } from '../aggregation/index.ts';
import { fednova } from '../aggregation/fednova.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';
import type { Network } from '../model/network.ts';
import { bitDeviationFor, updateNoise } from './adaptive-clip.ts';
import { checkNoiseInSum } from './check-noise-in-sum.ts';
import { sensitivityFactor } from './budget.ts';
import { samplingUnfit } from './check-sampling.ts';
import { epsilonAfter, roundsWithin } from './loss-account.ts';
import type { Privacy } from './rules.ts';

/** An eighth of what a coordinate may be (protocol/limits.ts): codecs that round find room beside it. */
const MOST_LOCAL_NOISE = 8;

/** Why this noise cannot be had with a secure sum, or without one, in a sentence; undefined: it can. */
export function sumUnfit(type: Privacy['type'], hasSum: boolean): string | undefined {
  if (type === 'distributed' && !hasSum)
    return 'Noise inside the sum is that of a secure sum: let the server read their sum alone, or choose other noise.';
  if ((type === 'central' || type === 'local') && hasSum)
    return 'Under secure aggregation the server sees no single update that it could clip, and sums whole numbers that this noise is not made for. Choose noise inside the sum, or none.';
  return undefined;
}

type Planned = Pick<
  FederationSpec,
  'privacy' | 'strategy' | 'metric' | 'rules' | 'personalisation' | 'secureSum' | 'access'
>;

/** Paths within the spec. `network`: undefined where the model is learnt from sums, or could not be built. */
export function checkPrivacy(
  { privacy, strategy: chosen, metric, rules, personalisation, secureSum, access }: Planned,
  isSummed: boolean,
  network: Network | undefined,
): readonly StrategyIssue[] {
  if (privacy.type === 'none') return [];
  if (isSummed)
    return [
      {
        path: 'privacy.type',
        message:
          'A model that is learnt from exact sums shows those sums: noise on them is not built. Choose a network, or no privacy.',
      },
    ];
  const issues: StrategyIssue[] = [];
  if (roundsWithin(privacy) < 1)
    issues.push({
      path: 'privacy.epsilon',
      message: `One round costs ε ${Number(epsilonAfter(privacy, 1).toPrecision(3))} at δ ${privacy.delta}, more than the budget of ${privacy.epsilon}. Choose more noise or a larger budget.`,
    });
  const deviation = sensitivityFactor(privacy) * privacy.noiseMultiplier * privacy.clipNorm;
  if (privacy.type === 'local' && deviation > MOST_LOCAL_NOISE)
    issues.push({
      path: 'privacy.noiseMultiplier',
      message: `Noise of ±${Number(deviation.toPrecision(3))} on every number would leave what an update may hold. Choose a smaller clip norm or less noise: 2 × clip norm × noise multiplier of at most ${MOST_LOCAL_NOISE}.`,
    });
  const cannotSample = samplingUnfit({ privacy, rules, access });
  if (cannotSample !== undefined) issues.push({ path: 'privacy.samplingRate', message: cannotSample });
  const chosenSum = secureSumOf({ secureSum });
  const unfit = sumUnfit(privacy.type, chosenSum !== undefined);
  if (unfit !== undefined) issues.push({ path: 'privacy.type', message: unfit });
  if (privacy.type === 'distributed' && chosenSum !== undefined)
    issues.push(...checkNoiseInSum(privacy, chosenSum, rules, network));
  if (privacy.followQuantile !== undefined && privacy.type !== 'central')
    issues.push({
      path: 'privacy.followQuantile',
      message: 'Which updates were clipped is for each device alone to know: choose a clip norm that stays.',
    });
  else if (
    privacy.followQuantile !== undefined &&
    updateNoise(privacy.noiseMultiplier, bitDeviationFor(rules.goal)) === undefined
  )
    issues.push({
      path: 'privacy.followQuantile',
      message: `To follow the updates costs more than noise of ${privacy.noiseMultiplier} leaves with ${rules.goal} updates a round. Choose more than ${Math.ceil(10 * privacy.noiseMultiplier)} updates, or a clip norm that stays.`,
    });
  const strategy = strategyNamed(chosen.name);
  if (strategy?.needs === 'individual')
    issues.push({
      path: 'strategy.name',
      message: `${strategy.title} compares single updates, and what it makes of them has no bound on what one device can change. Choose a strategy that averages.`,
    });
  else if (strategy !== undefined && (strategy.asks.length > 0 || strategy.name === fednova.name))
    issues.push({
      path: 'strategy.name',
      message: `${strategy.title} adds up more than the clipped update (${strategy.asks.includes('controls') ? 'controls' : strategy.asks.includes('base-loss') ? 'losses' : 'numbers of steps'}), and no noise would cover that. Choose another average.`,
    });
  if (rules.mode.type === 'asynchronous')
    issues.push({
      path: 'rules.mode',
      message:
        'A buffer opens with the end of the one before, when what that one cost is not paid yet. Choose synchronous rounds.',
    });
  if (metric.target !== null)
    issues.push({
      path: 'metric.target',
      message:
        'With privacy no scores of rows leave the devices, so no target can be seen to be reached. Let the rounds or the budget end the run.',
    });
  if (
    personalisation.type !== 'fedbn' &&
    network?.slots.some((slot) => slot.layer === 'normalisation') === true
  )
    issues.push({
      path: 'privacy.type',
      message:
        'Noise can make a running variance negative, and the model useless. Choose a model without normalisation, or keep the normalisation on the devices (FedBN).',
    });
  return issues;
}
