// `tributary train --export`: the run as another program takes it, as files under a directory.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Digest } from '#lib/core/ids.ts';
import type { ExportedRun } from '#lib/core/run-export/exported-run.ts';
import { runExports, type RunExport } from '#lib/core/run-export/index.ts';
import type { FoundGroups } from '#lib/participant/workbench/grouping/find-groups.ts';
import type { BenchResult } from '#lib/participant/workbench/run-bench.ts';
import { figuresOfRun, provenanceOf } from '#lib/participant/workbench/run-export.ts';
import type { RunRecord } from '#lib/participant/workbench/run-record.ts';
import { UnusableTraining } from './unusable.ts';

export interface ExportWish {
  readonly form: RunExport['name'];
  readonly directory: string;
}

export type EndedTraining = Pick<RunRecord, 'curve'> & {
  /** undefined: it found groups. */
  readonly result: BenchResult | undefined;
  readonly groups?: FoundGroups | undefined;
  /** `program`: that the run began with, however long ago. */
  readonly manifest: Pick<RunRecord['manifest'], 'program' | 'setup' | 'trials' | 'finished'>;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Over the rows as they were read. */
  readonly data: Digest;
};

/** What it is one run of, where nobody says. */
export const experimentOfData = (data: readonly string[]): string => basename(data[0] ?? 'train');

export const exportedTraining = ({
  result,
  groups,
  curve,
  manifest,
  startedAt,
  endedAt,
  data,
}: EndedTraining): ExportedRun => ({
  ...figuresOfRun({ manifest, curve, result, groups, startedAt, endedAt }),
  // The same rows, settings and begin are one run.
  id: `${data}/${startedAt}`,
  experiment: experimentOfData(manifest.setup.data),
  provenance: provenanceOf({ ...manifest, data }),
  tags: [],
  note: '',
  status: 'finished',
  startedAt,
  endedAt,
});

/** Rejects with UnusableTraining where it cannot be written there. */
export async function exportTo(
  { form, directory }: ExportWish,
  ended: EndedTraining,
): Promise<{ readonly directory: string; readonly files: readonly string[]; readonly then: string }> {
  const chosen = runExports.find((one) => one.name === form);
  if (chosen === undefined) throw new UnusableTraining(`--export: there is no ${form}.`);
  const files = chosen.files(exportedTraining(ended));
  try {
    for (const { path, bytes } of files) {
      const to = join(directory, path);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, bytes);
    }
  } catch (cause) {
    throw new UnusableTraining(
      `--out ${directory}: it cannot be written there. ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    );
  }
  return { directory, files: files.map(({ path }) => path), then: chosen.then };
}
