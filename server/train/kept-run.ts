// What a run leaves on disk with `--state DIRECTORY`: a manifest that says what was asked, of which rows, with what program, and every
// trial so far; and checkpoints of networks. Killed, the run goes on from there; finished, it can be had again to the same bits.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { openDurableFiles } from '#lib/adapters/node/durable-files.ts';
import { openFileParticipantStore } from '#lib/adapters/node/participant-store.ts';
import type { ParticipantStore } from '#lib/ports/participant-store.ts';
import { plainTrial, type Trial } from '#lib/participant/workbench/trial.ts';
import type { KeptSplit } from '#lib/participant/workbench/kept-split.ts';
import { RunManifest, type TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { ownDataDirectory } from '../adapters/data-directory.ts';
import { UnusableTraining } from './unusable.ts';

export interface KeptRun {
  readonly directory: string;
  readonly manifest: RunManifest;
  readonly checkpoints: ParticipantStore['checkpoints'];
  keep(
    change: Partial<Pick<RunManifest, 'data' | 'split' | 'finished'>> & { readonly trial?: Trial },
  ): Promise<void>;
  close(): void;
}

const NAME = 'manifest.json';

/**
 * Of a directory that `--state` made, or a file that a page has saved; its relative paths are those beside it. Rejects with
 * UnusableTraining where there is none, or it is not one.
 */
export async function readManifest(path: string): Promise<RunManifest> {
  const file = statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : join(path, NAME);
  try {
    const read = v.parse(RunManifest, JSON.parse(await readFile(file, 'utf8')));
    const data = read.setup.data.map((one) => resolve(dirname(file), one));
    return { ...read, setup: { ...read.setup, data } };
  } catch (cause) {
    throw new UnusableTraining(
      existsSync(file)
        ? `${file} is not a manifest that this program has written, or it was changed.`
        : `${path} keeps no run: there is no ${NAME} in it. Name the directory that --state made.`,
      { cause },
    );
  }
}

/**
 * Takes the directory for this process. `manifest`: of a run that goes on; otherwise the directory must not keep one yet. `split`: of an
 * earlier run, which a new one goes by.
 */
export async function openKeptRun(
  directory: string,
  manifest: RunManifest | undefined,
  setup: TrainSetup,
  program: string,
  split?: KeptSplit,
): Promise<KeptRun> {
  if (manifest === undefined && existsSync(join(directory, NAME)))
    throw new UnusableTraining(
      `${directory} keeps a run already. Go on with it (--resume ${directory}), or name another directory.`,
    );
  const owned = ownDataDirectory(directory, '--state');
  const files = await openDurableFiles(directory);
  const store = await openFileParticipantStore(join(directory, 'kept'));
  let present: RunManifest = manifest ?? {
    format: 1,
    setup,
    program,
    node: process.version,
    data: null,
    ...(split === undefined ? {} : { split }),
    trials: [],
    finished: null,
  };
  const write = (): Promise<void> =>
    files.write(NAME, new TextEncoder().encode(`${JSON.stringify(present, null, 1)}\n`));
  await write();
  return {
    directory,
    get manifest() {
      return present;
    },
    checkpoints: store.checkpoints,
    async keep({ trial, ...change }) {
      const trials = trial === undefined ? present.trials : [...present.trials, plainTrial(trial)];
      present = { ...present, ...change, trials };
      await write();
    },
    close: () => owned.close(),
  };
}
