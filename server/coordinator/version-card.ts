// The card of a version, out of what is on record of it: its run's brief, contract and plan, and what the log says that it cost.
import * as v from 'valibot';
import { classLabels } from '#lib/core/data/contract.ts';
import type { VersionNumber } from '#lib/core/ids.ts';
import { summedAreas } from '#lib/core/metrics/summed-curves.ts';
import { modelCard } from '#lib/core/model-card/model-card.ts';
import { ReadVersion } from '#lib/core/transparency/statements.ts';
import type { Federation } from './federation.ts';

const Leaf = v.pipe(v.string(), v.parseJson(), ReadVersion);

/** Markdown; undefined: there is no such version. */
export async function versionCard(
  { record, versions, briefs, around }: Federation,
  number: VersionNumber,
): Promise<string | undefined> {
  const version = versions.get(number);
  if (version === undefined) return undefined;
  const { records } = around;
  const run = version.run === null ? undefined : await records.run(record.id, version.run);
  const leaf = (await records.log(record.id)).find((one) => one.version === number)?.leaf;
  const read = v.safeParse(Leaf, leaf);
  const told = versions.pooled(number);
  return modelCard({
    federation: record.id,
    spec: run?.spec ?? { ...record.spec, brief: briefs.ofRun(null).brief },
    now: record.spec,
    version: versions.view(version),
    versions: versions.from(0),
    isLive: record.live === number,
    areas: told === undefined ? [] : summedAreas(told.tally, classLabels(record.spec.contract) ?? []),
    charged: read.success ? read.output.charged : undefined,
  });
}
