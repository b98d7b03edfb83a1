// What a person agreed to when joining, as far as others are to learn no more of their rows than that: kept on the device, and compared
// with whatever the server says later. Stronger is taken; for weaker terms nothing is trained, scored or answered until the person joins
// anew.
import { secureSumOf, type FederationSpec } from '../core/federation.ts';
import type { Privacy } from '../core/privacy/rules.ts';
import { groupsOf } from '../core/secure-sum/groups.ts';
import { COMPLETE_COHORT, leavingOf } from '../core/secure-sum/neighbourhood.ts';
import { colludingOf, usualSecureSum, type SecureSumOn } from '../core/secure-sum/rules.ts';
import { statisticsOf } from '../core/statistics/rules.ts';
import type { Configured } from '../protocol/messages.ts';
import type { AgreedTerms } from './joined.ts';

type Terms = Pick<
  FederationSpec,
  'privacy' | 'secureSum' | 'statistics' | 'tuning' | 'rules' | 'personalisation'
>;

export const termsOf = (spec: Terms): AgreedTerms => ({
  privacy: spec.privacy,
  ...(spec.secureSum === undefined ? {} : { secureSum: spec.secureSum }),
  ...(spec.statistics === undefined ? {} : { statistics: spec.statistics }),
  ...(spec.tuning === undefined ? {} : { tuning: true }),
  ...(doHeldOutTrain(spec) ? { heldOutTrain: true } : {}),
  leaving: leavingOf(spec.rules),
});

/** A draft may begin to hold devices out, and a run that has ended to personalise. */
const doHeldOutTrain = ({ rules, personalisation }: Terms): boolean =>
  rules.heldOutDevices !== undefined && personalisation.type !== 'none';

/** Undefined: they are no weaker. Null: of a device that joined when none were kept. */
export function weakerTerms(agreed: AgreedTerms | null, now: Terms): string | undefined {
  if (agreed === null) return undefined;
  const what =
    weakerPrivacy(agreed.privacy, now.privacy) ??
    weakerSum(secureSumOf(agreed), secureSumOf(now)) ??
    (secureSumOf(agreed) !== undefined && mayBeRing(now.rules) && leavingOf(now.rules) < agreed.leaving
      ? 'narrower rings of neighbours in the secure sum'
      : undefined) ??
    (now.tuning === undefined ? undefined : untoldLoss(agreed)) ??
    (doHeldOutTrain(now) && !agreed.heldOutTrain
      ? 'a device that is held out, as yours may be, trains each version for itself, and tells what that is worth'
      : undefined);
  return what === undefined ? undefined : sentence(what);
}

/** The same of one round, whatever was said of the federation. */
export function weakerRound(
  agreed: AgreedTerms | null,
  { privacy = { type: 'none' }, secureSum, asks }: Pick<Configured, 'privacy' | 'secureSum' | 'asks'>,
): string | undefined {
  if (agreed === null) return undefined;
  const what =
    weakerPrivacy(agreed.privacy, privacy) ??
    (secureSumOf(agreed) !== undefined && secureSum === undefined ? 'no secure sum' : undefined) ??
    (asks.includes('judged') ? untoldLoss(agreed) : undefined);
  return what === undefined ? undefined : sentence(what);
}

/** The same of a survey, which has a secure sum of its own where rounds have none. */
export function weakerSurvey(agreed: AgreedTerms | null, now: Terms): string | undefined {
  const weaker = weakerTerms(agreed, now);
  if (agreed === null || weaker !== undefined) return weaker;
  const [before, rules] = [statisticsOf(agreed), statisticsOf(now)];
  const what =
    before === undefined
      ? 'surveys'
      : rules !== undefined && rules.mostRows > before.mostRows
        ? `surveys in which a device counts as ${rules.mostRows} rows (${before.mostRows})`
        : weakerSum(secureSumOf(agreed) ?? usualSecureSum, secureSumOf(now) ?? usualSecureSum);
  return what === undefined ? undefined : sentence(what);
}

/** Smaller cohorts are complete graphs, whoever may be missing. */
const mayBeRing = ({ goal, overSelection }: Terms['rules']): boolean =>
  Math.ceil(goal * overSelection) > COMPLETE_COHORT;

const untoldLoss = (agreed: AgreedTerms): string | undefined =>
  agreed.tuning ? undefined : 'how high the loss on some of your rows is in each round';

const sentence = (what: string): string =>
  `The federation asks for less protection than it did when you joined: ${what}.`;

function weakerPrivacy(agreed: Privacy, now: Privacy): string | undefined {
  if (agreed.type === 'none') return undefined;
  if (now.type !== agreed.type) return `privacy of the kind “${now.type}” instead of “${agreed.type}”`;
  if (now.noiseMultiplier < agreed.noiseMultiplier)
    return `noise of ${now.noiseMultiplier} times what a device can change (${agreed.noiseMultiplier})`;
  if (now.epsilon > agreed.epsilon) return `ε up to ${now.epsilon} (${agreed.epsilon})`;
  if (now.delta > agreed.delta) return `δ of ${now.delta} (${agreed.delta})`;
  // Without a draw ε needs no trust in one.
  const [before, rate] = [agreed.samplingRate, now.samplingRate];
  if (rate !== undefined && (before === undefined || rate > before))
    return `ε counted by a draw of each device with a chance of ${rate} (${before ?? 'no draw'})`;
  return undefined;
}

function weakerSum(agreed: SecureSumOn | undefined, now: SecureSumOn | undefined): string | undefined {
  if (agreed === undefined) return undefined;
  if (now === undefined) return 'no secure sum';
  if (agreed.profile === 'standard' && now.profile !== 'standard')
    return 'a secure sum that holds against a server that follows the protocol, and no other';
  if (colludingOf(now) < colludingOf(agreed))
    return `a secure sum laid out for a share of ${colludingOf(now)} in league with the server (${colludingOf(agreed)})`;
  const groups = [agreed, now].map((secureSum) => groupsOf({ secureSum }));
  return groups[1]! > groups[0]! ? `secure sums in ${groups[1]} groups (${groups[0]})` : undefined;
}
