// What the networks of the workbench run on: one engine by its name, or the choice of the self-test, told and kept as it is made.
import type { Network } from '../core/model/network.ts';
import { createEngine, type Engine, type Engines } from '../participant/engine.ts';
import type { BackendChoice } from '../participant/participation.ts';
import { TAB_BACKEND, type EngineWish } from '../participant/workbench/new-run.ts';
import type { RunKeeper } from '../participant/workbench/run-keeper.ts';
import type { RunManifest } from '../participant/workbench/run-manifest.ts';
import { chosenBySetup } from '../participant/workbench/models.ts';
import { overfitTask } from '../participant/workbench/overfit.ts';
import { TrainerFailure, type BackendName } from '../ports/trainer.ts';
import { Unusable, withoutFlags, type DataOpener } from './bench-data-opened.ts';
import type { EnginesRequest, RunEvent } from './bench-messages.ts';
import type { RunDependencies } from './bench-runs.ts';

/** An engine by its name, and none that takes its place. */
function named(backend: BackendName): BackendChoice {
  const isUsual = backend === TAB_BACKEND;
  return {
    backend,
    description: isUsual ? 'WebAssembly SIMD' : backend,
    reason: isUsual
      ? 'the usual one: the same bits in every browser and on the command line'
      : 'it was asked for, and each network of a search is trained on it untested',
    reports: [],
  };
}

/** What networks are asked on, and trained on where nobody chooses. */
export const tabEngine = (
  createTrainer: RunDependencies['createTrainer'],
  backend: BackendName = TAB_BACKEND,
): Engine => createEngine(named(backend), createTrainer);

/** What a run was asked to train on, or what the self-test has made of that by now. */
export const wishOf = ({ setup, engine }: RunManifest): EngineWish =>
  engine?.choice === null ? engine.asked : setup.backend;

/** The engine of the network that a person waits for: chosen when the network is known, and written into the run's manifest. */
export function engineOfRun(
  keeper: RunKeeper,
  tell: (event: RunEvent) => void,
  { engines, createTrainer }: Pick<RunDependencies, 'engines' | 'createTrainer'>,
) {
  let present: Engine | undefined;
  const write = (change: Partial<NonNullable<RunManifest['engine']>>): Promise<void> => {
    const { manifest } = keeper.record;
    const { engine, setup } = manifest;
    if (engine === undefined || present === undefined) return Promise.resolve();
    return keeper.keep({
      manifest: {
        ...manifest,
        setup: { ...setup, backend: present.choice.backend },
        engine: { ...engine, ...change, choice: written(present.choice) },
      },
    });
  };
  return {
    async open(network: Network, batchSize: number): Promise<Engine> {
      const { manifest } = keeper.record;
      let choice = named(manifest.setup.backend);
      if (manifest.engine !== undefined) {
        tell({ type: 'testing' });
        choice = await chosen(engines, network, batchSize, wishOf(manifest));
      }
      present = createEngine(choice, createTrainer);
      const before = manifest.engine?.choice ?? choice;
      const notice =
        before.backend === choice.backend
          ? null
          : `It was ${before.description}, and goes on with ${choice.description}: ${choice.reason}.`;
      await write(notice === null ? {} : { notices: [...(manifest.engine?.notices ?? []), notice] });
      tell({ type: 'engine', choice, notice });
      return present;
    },
    /** Another took over. */
    moved(notice: string): void {
      if (present === undefined) return;
      tell({ type: 'engine', choice: present.choice, notice });
      // What cannot be written ends the run by `broken`.
      write({ notices: [...(keeper.record.manifest.engine?.notices ?? []), notice] }).catch(() => {});
    },
  };
}

/** As a manifest takes it. */
const written = ({ reports, ...choice }: BackendChoice) => ({ ...choice, reports: [...reports] });

/** Rejects with Unusable where no engine passes. */
async function chosen(
  engines: () => Promise<Engines>,
  network: Network,
  batchSize: number,
  wish: EngineWish,
): Promise<BackendChoice> {
  try {
    return await (await engines()).choose(network, batchSize, wish === 'auto' ? null : wish);
  } catch (failure) {
    if (failure instanceof TrainerFailure) throw new Unusable(failure.message);
    throw failure;
  }
}

/** What each engine of this device says of a network of rows that are open. Rejects with Unusable. */
export async function benchEngines(
  { dataset, target, recipe, series, split, preferred, training: { model, layers, seed } }: EnginesRequest,
  opener: DataOpener,
  { engines }: Pick<RunDependencies, 'engines'>,
): Promise<BackendChoice> {
  const { data } = await opener.open(dataset, { target, recipe, series, split });
  const asked = chosenBySetup(model, layers);
  if (!asked.ok) throw new Unusable(asked.error);
  const task = overfitTask(asked.value, model, data, seed);
  if (!task.ok) throw new Unusable(withoutFlags(task.error));
  const { batch = 32 } = asked.value.options;
  return chosen(engines, task.value.network, batch, preferred);
}
