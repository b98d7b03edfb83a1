// `--split-as FILE`: the split of an earlier run, out of its manifest or of what it printed with `--json`.
import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { join } from 'node:path';
import { KeptSplit, otherSplit } from '#lib/participant/workbench/kept-split.ts';
import { RunManifest, type TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { UnusableTraining } from './unusable.ts';

/** Of all lines the one that tells of the rows. */
const DataLine = v.object({ type: v.literal('data'), kept: v.optional(v.nullable(KeptSplit), null) });

/** Rejects with UnusableTraining where it cannot be read, or is of another target, way or share than is asked for. */
export async function splitAs(path: string, setup: TrainSetup): Promise<KeptSplit> {
  const refused = (why: string, cause?: unknown): UnusableTraining =>
    new UnusableTraining(`--split-as ${path}: ${why}`, { cause });
  if (setup.series !== null)
    throw refused('windows of a series are parted by their own border in time. Leave it out.');
  const kept = splitIn(await textAt(path, refused));
  if (kept === undefined)
    throw refused(
      'it is neither a manifest (of --state, or saved from a page) nor what train --json has printed, or it was changed. Name one of these.',
    );
  if (kept === null)
    throw refused(
      'its run has kept no split: it was of windows, of files that came split, or by an earlier program. Name another, or leave it out.',
    );
  const other = otherSplit(kept, setup);
  if (other !== undefined) throw refused(other);
  return kept;
}

async function textAt(
  path: string,
  refused: (why: string, cause: unknown) => UnusableTraining,
): Promise<string> {
  try {
    return await readFile((await stat(path)).isDirectory() ? join(path, 'manifest.json') : path, 'utf8');
  } catch (cause) {
    throw refused(`it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** null: its run has kept none; undefined: it is no such file. */
function splitIn(text: string): KeptSplit | null | undefined {
  const manifest = v.safeParse(RunManifest, parsed(text));
  if (manifest.success) return manifest.output.split ?? null;
  for (const line of text.split('\n')) {
    const read = v.safeParse(DataLine, parsed(line));
    if (read.success) return read.output.kept;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
