// Figures that no version of a federation can have, though its target is of their kind: what they are read of is not counted there.
import { classLabels } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';
import { secureSumOf } from '../federation.ts';
import { metrics } from '../metrics/metric-list.ts';
import type { MetricName } from '../metrics/metric-name.ts';
import { MOST_RANKED, MOST_SURVEYED } from '../metrics/tally.ts';

/** Whether devices tell nothing of a version each by itself: what is known of it, a survey told. */
export const isSecret = (spec: Pick<FederationSpec, 'privacy' | 'secureSum'>): boolean =>
  spec.privacy.type !== 'none' || secureSumOf(spec) !== undefined;

/** In a sentence; undefined: it can be measured, as far as this goes. */
export function whyUnmeasured(
  name: MetricName,
  spec: Pick<FederationSpec, 'contract' | 'privacy' | 'secureSum'>,
): string | undefined {
  const { title } = metrics[name];
  if ((name === 'brier' || name === 'calibration-error') && isSecret(spec))
    return `${title} is counted where devices score versions each by itself, and under privacy or a secure sum none does.`;
  const most = isSecret(spec) ? MOST_SURVEYED : MOST_RANKED;
  const classes = classLabels(spec.contract)?.length ?? 0;
  if (name === 'auc' && classes > most)
    return `${title} is counted of up to ${most} classes, and there are ${classes} here.`;
  return undefined;
}
