// What a run leaves on disk with `--state DIRECTORY`: a manifest that says what was asked, of which rows, with what program, and every
// trial so far; and checkpoints of networks. Killed, the run goes on from there; finished, it can be had again to the same bits.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { openDurableFiles } from '#lib/adapters/node/durable-files.ts';
import { openFileParticipantStore } from '#lib/adapters/node/participant-store.ts';
import { Digest } from '#lib/core/ids.ts';
import type { ParticipantStore } from '#lib/ports/participant-store.ts';
import type { Trial } from '#lib/participant/workbench/auto.ts';
import { ownDataDirectory } from '../adapters/data-directory.ts';
import { TrainSetup, UnusableTraining } from './setup.ts';

const options = v.record(v.string(), v.number());
const Manifest = v.strictObject({
  format: v.literal(1),
  setup: TrainSetup,
  /** Of Tributary and of Node. */
  program: v.string(),
  node: v.string(),
  /** Over the rows as they were read; null: they were not read yet. */
  data: v.nullable(Digest),
  trials: v.array(
    v.strictObject({
      model: v.string(),
      options,
      share: v.number(),
      loss: v.nullable(v.number()),
      standardError: v.number(),
    }),
  ),
  finished: v.nullable(v.strictObject({ model: v.string(), options, digest: Digest, trials: v.number() })),
});
export type Manifest = v.InferOutput<typeof Manifest>;

export interface KeptRun {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly checkpoints: ParticipantStore['checkpoints'];
  keep(change: Partial<Pick<Manifest, 'data' | 'finished'>> & { readonly trial?: Trial }): Promise<void>;
  close(): void;
}

const NAME = 'manifest.json';

/** Rejects with UnusableTraining where there is none, or it is not one. */
export async function readManifest(directory: string): Promise<Manifest> {
  try {
    return v.parse(Manifest, JSON.parse(await readFile(join(directory, NAME), 'utf8')));
  } catch (cause) {
    throw new UnusableTraining(
      existsSync(join(directory, NAME))
        ? `${join(directory, NAME)} is not a manifest that this program has written, or it was changed.`
        : `${directory} keeps no run: there is no ${NAME} in it. Name the directory that --state made.`,
      { cause },
    );
  }
}

/** Takes the directory for this process. `manifest`: of a run that goes on; otherwise the directory must not keep one yet. */
export async function openKeptRun(
  directory: string,
  manifest: Manifest | undefined,
  setup: TrainSetup,
  program: string,
): Promise<KeptRun> {
  if (manifest === undefined && existsSync(join(directory, NAME)))
    throw new UnusableTraining(
      `${directory} keeps a run already. Go on with it (--resume ${directory}), or name another directory.`,
    );
  const owned = ownDataDirectory(directory, '--state');
  const files = await openDurableFiles(directory);
  const store = await openFileParticipantStore(join(directory, 'kept'));
  let present: Manifest = manifest ?? {
    format: 1,
    setup,
    program,
    node: process.version,
    data: null,
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
      const trials =
        trial === undefined
          ? present.trials
          : [...present.trials, { ...trial, options: { ...trial.options } }];
      present = { ...present, ...change, trials };
      await write();
    },
    close: () => owned.close(),
  };
}
