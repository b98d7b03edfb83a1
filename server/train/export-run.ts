// `tributary train --export`: the run as another program takes it, as files under a directory.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runExports, type RunExport } from '#lib/core/run-export/index.ts';
import type { BenchResult } from '#lib/participant/workbench/run-bench.ts';
import { figuresOfRun } from '#lib/participant/workbench/run-export.ts';
import type { RunRecord } from '#lib/participant/workbench/run-record.ts';
import { UnusableTraining } from './unusable.ts';

export interface ExportWish {
  readonly form: RunExport['name'];
  readonly directory: string;
}

export type EndedTraining = Pick<RunRecord, 'curve'> & {
  readonly result: BenchResult;
  readonly manifest: Pick<RunRecord['manifest'], 'setup' | 'trials' | 'finished'>;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly data: string;
};

/** Rejects with UnusableTraining where it cannot be written there. */
export async function exportTo(
  { form, directory }: ExportWish,
  { result, curve, manifest, startedAt, endedAt, data }: EndedTraining,
): Promise<{ readonly directory: string; readonly files: readonly string[]; readonly then: string }> {
  const chosen = runExports.find((one) => one.name === form);
  if (chosen === undefined) throw new UnusableTraining(`--export: there is no ${form}.`);
  const files = chosen.files({
    ...figuresOfRun({ manifest, curve, result, startedAt, endedAt }),
    // The same rows, settings and begin are one run.
    id: `${data}/${startedAt}`,
    experiment: basename(manifest.setup.data[0] ?? 'train'),
    tags: [],
    note: '',
    status: 'finished',
    startedAt,
    endedAt,
  });
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
