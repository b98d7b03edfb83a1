// What a version's sums of scores draw. Where devices tell no scores of their own there are none: surveys keep areas, not histograms.
import { classLabels } from '#lib/core/data/contract.ts';
import type { VersionNumber } from '#lib/core/ids.ts';
import { summedCurves, type SummedCurves } from '#lib/core/metrics/summed-curves.ts';
import type { Federation } from './federation.ts';

/** As protocol/version-curves.ts reads it; undefined: there is no such version. */
export function versionCurves(
  { record, versions }: Federation,
  number: VersionNumber,
): SummedCurves | null | undefined {
  if (versions.get(number) === undefined) return undefined;
  const tally = versions.drawn(number);
  return tally === undefined ? null : (summedCurves(tally, classLabels(record.spec.contract) ?? []) ?? null);
}
