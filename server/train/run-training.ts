// A run from its flags to its end: a new one, kept or not, one that goes on, or one that is had again.
import { DataDirectoryInUse } from '../adapters/data-directory.ts';
import { programName } from '../project-folder.ts';
import { openKeptRun, readManifest, type KeptRun } from './kept-run.ts';
import { firstRunOf } from '#lib/participant/workbench/run-again.ts';
import type { KeptSplit } from '#lib/participant/workbench/kept-split.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { UnusableTraining } from './unusable.ts';
import { train, type TrainOptions } from './train.ts';
import { trainGroups } from './train-groups.ts';

export type Asked =
  | {
      readonly type: 'new';
      readonly setup: TrainSetup;
      readonly directory: string | null;
      /** Of an earlier run, whose borders the rows are parted by; undefined: a new one. */
      readonly split?: KeptSplit | undefined;
    }
  | { readonly type: 'resume'; readonly directory: string }
  /** `data`: where the rows lie now; null: where they lay. */
  /** `backend`: null: the one that it was trained on. */
  | {
      readonly type: 'again';
      readonly directory: string;
      readonly data: readonly string[] | null;
      readonly backend: TrainSetup['backend'] | null;
    };

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function runTraining(
  asked: Asked,
  options: Pick<TrainOptions, 'signal' | 'say' | 'stepView' | 'exports' | 'tracked'>,
) {
  if (asked.type === 'new' && asked.directory === null)
    return trained(asked.setup, { ...options, split: asked.split });
  if (asked.type === 'again') {
    const manifest = await readManifest(asked.directory);
    const { setup, finished, data, program, node } = manifest;
    const first = firstRunOf(manifest);
    if (finished === null || first === undefined)
      throw new UnusableTraining(
        `The run in ${asked.directory} has not finished. Go on with it: --resume ${asked.directory}`,
      );
    if (setup.origin !== undefined)
      throw new UnusableTraining(
        `The run in ${asked.directory} goes on from a checkpoint of another run, which the browser that made it keeps. Have it again there.`,
      );
    // As many trials as there were: what the clock had allowed is no part of the result.
    const trials = finished.trials === 0 ? null : finished.trials;
    const own = programName();
    if (program !== own || node !== process.version)
      options.say({
        type: 'note',
        message: `The first run was by Tributary ${program} on ${node.startsWith('v') ? `Node ${node}` : node}; this is ${own} on Node ${process.version}, which may give other bits.`,
      });
    return trained(
      {
        ...{ ...setup, budgetMs: null, trials, save: null },
        data: [...(asked.data ?? setup.data)],
        backend: asked.backend ?? setup.backend,
      },
      { ...options, split: manifest.split, expected: first, expectedData: data ?? undefined },
    );
  }
  const directory = asked.directory ?? '';
  const manifest = asked.type === 'resume' ? await readManifest(directory) : undefined;
  const setup = asked.type === 'new' ? asked.setup : manifest?.setup;
  if (setup === undefined) throw new Error('A manifest has its setup.');
  if (manifest !== undefined && manifest.finished !== null)
    throw new UnusableTraining(`The run in ${directory} has finished. Have it again: --again ${directory}`);
  const split = asked.type === 'new' ? asked.split : undefined;
  const kept = await opened(directory, manifest, setup, split);
  try {
    return await trained(setup, { ...options, kept });
  } finally {
    kept.close();
  }
}

const trained = (setup: TrainSetup, options: TrainOptions) =>
  setup.task === 'groups' ? trainGroups(setup, options) : train(setup, options);

async function opened(
  directory: string,
  manifest: KeptRun['manifest'] | undefined,
  setup: TrainSetup,
  split: KeptSplit | undefined,
): Promise<KeptRun> {
  try {
    return await openKeptRun(directory, manifest, setup, programName(), split);
  } catch (cause) {
    if (cause instanceof DataDirectoryInUse) throw new UnusableTraining(cause.message, { cause });
    throw cause;
  }
}
