// What the workbench worker does with a request, apart from being a worker: every request is answered exactly once.
import { classLabels, isPlane } from '../core/data/contract.ts';
import { unfolded } from '../core/learners/terms-as-columns.ts';
import { recipeDigest } from '../core/recipe/recipe.ts';
import { chosenBySetup, usualModel } from '../participant/workbench/models.ts';
import {
  offeredModels,
  offeredOnNetwork,
  USUAL_ON_NETWORK,
} from '../participant/workbench/offered-models.ts';
import type { TrainingControl } from '../participant/training-control.ts';
import { DataLocked, StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import { dataOpener, Unusable, withoutFlags, type OpenedData } from './bench-data-opened.ts';
import type { BenchReply, BenchRequest, OpenedBench, RunEvent } from './bench-messages.ts';
import { benchEngines, tabEngine } from './bench-engines.ts';
import { benchRun, runPredicts, runRows, type RunDependencies } from './bench-runs.ts';
import { benchOverfit } from './bench-overfit.ts';
import type { Looking } from './bench-looks.ts';
import { QuestionRefused } from './question-refused.ts';
import type { CancelRequest } from './request-messages.ts';

export interface BenchDependencies extends RunDependencies {
  /** Rejects when the browser gives no storage. */
  datasets(): Promise<DatasetStore>;
  reply(message: BenchReply): void;
}

export function bench(dependencies: BenchDependencies): (request: BenchRequest) => Promise<void> {
  const running = new Map<number, AbortController>();
  const opener = dataOpener(dependencies.datasets);
  let looks: Looking | undefined;
  /** Of the runs that go on here. */
  const controls = new Map<string, TrainingControl>();

  const work = async (
    request: Exclude<BenchRequest, CancelRequest>,
    signal: AbortSignal,
  ): Promise<BenchReply> => {
    const { id } = request;
    if (request.name === 'open')
      return {
        type: 'opened',
        id,
        opened: openedOf(await opener.open(request.dataset, request)),
      };
    if (request.name === 'split') {
      const { splitShown } = await import('../participant/workbench/split-shown.ts');
      const { data, kept } = await opener.forSplit(request.dataset, request);
      const shown = splitShown(data, request.split, kept);
      if (!shown.ok) {
        const isByKept = kept !== undefined && request.split.isAnew !== true;
        const isMended = isByKept && splitShown(data, { ...request.split, isAnew: true }).ok;
        throw new Unusable(withoutFlags(shown.error), undefined, isMended);
      }
      return { type: 'parted', id, shown: shown.value };
    }
    if (request.name === 'open-groups') {
      const { openedGroups } = await import('./bench-groups.ts');
      return { type: 'groups-opened', id, opened: await openedGroups(request, dependencies) };
    }
    if (request.name === 'look-groups') {
      const { lookedGroups } = await import('./bench-groups.ts');
      return { type: 'groups-looked', id, looked: await lookedGroups(request.run, dependencies, signal) };
    }
    if (request.name === 'grouped-rows') {
      const { groupedRows } = await import('./bench-groups.ts');
      return { type: 'rows', id, text: await groupedRows(request.run, dependencies) };
    }
    if (request.name === 'rows')
      return { type: 'rows', id, text: await runRows(request.run, opener, await dependencies.runs()) };
    if (request.name === 'predict')
      return {
        type: 'predicted',
        id,
        predicted: await runPredicts(request, await dependencies.runs(), dependencies, signal),
      };
    if (request.name === 'hand') {
      controls.get(request.run)?.[request.wants === 'step' ? 'stepOnce' : request.wants]();
      return { type: 'handed', id };
    }
    if (request.name === 'overfit') {
      const onLoss = (loss: number, step: number): void =>
        dependencies.reply({ type: 'loss', id, loss, step });
      return {
        type: 'overfitted',
        id,
        overfit: await benchOverfit(request, opener, signal, onLoss, dependencies),
      };
    }
    if (request.name === 'engines') {
      return { type: 'engines', id, choice: await benchEngines(request, opener, dependencies) };
    }
    if (request.name === 'vary') {
      const { variedPictures } = await import('../participant/workbench/varied-pictures.ts');
      const { data } = await opener.open(request.dataset, request);
      const { model, layers, seed } = request.training;
      const chosen = chosenBySetup(model, layers);
      const varied = chosen.ok ? variedPictures(chosen.value, data, seed) : chosen;
      if (!varied.ok) throw new Unusable(varied.error);
      return { type: 'varied', id, varied: varied.value };
    }
    if (request.name === 'networks') {
      const { networksFor } = await import('./bench-plane.ts');
      return { type: 'networks', id, networks: await networksFor(request.dataset, dependencies) };
    }
    if (request.name === 'plane') {
      const { planeByNetwork } = await import('./bench-plane.ts');
      const plane = await planeByNetwork(request, dependencies, signal, (share) =>
        dependencies.reply({ type: 'laying-out', id, share }),
      );
      return { type: 'laid-out', id, plane };
    }
    if (request.name === 'assess') {
      // Nobody who trains pays for it.
      const { assess } = await import('../participant/workbench/feasibility.ts');
      const { data } = await opener.open(request.dataset, request);
      const { clock, createTrainer } = dependencies;
      const surroundings = { clock, signal, openEngine: async () => tabEngine(createTrainer) };
      const assessed = await assess(data, request.seed, surroundings, (says, fraction) =>
        dependencies.reply({ type: 'assessing', id, says, fraction }),
      );
      if (!assessed.ok) throw new Unusable(assessed.error);
      return { type: 'assessed', id, assessed: assessed.value };
    }
    if (request.name === 'look') {
      const { looking } = await import('./bench-looks.ts');
      looks ??= looking(opener, dependencies);
      return { type: 'looked', id, looked: await looks(request, signal) };
    }
    const tell = (event: RunEvent): void => dependencies.reply({ type: 'event', id, event });
    if (
      request.name === 'group' ||
      (request.name !== 'train' && (await hasGroups(request.run, dependencies)))
    ) {
      const { groupsRun } = await import('./bench-groups.ts');
      return { type: 'ended', id, ended: await groupsRun(request, signal, tell, dependencies) };
    }
    return {
      type: 'ended',
      id,
      ended: await benchRun(request, opener, signal, tell, dependencies, controls),
    };
  };

  return async (request) => {
    if (request.name === 'cancel') return running.get(request.request)?.abort();
    const { id } = request;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      // An end that is kept is told, though somebody had just wanted to stop it.
      dependencies.reply(await work(request, controller.signal));
    } catch (error) {
      if (controller.signal.aborted) dependencies.reply({ type: 'cancelled', id });
      else if (error instanceof Unusable) dependencies.reply(refusalOf(id, error));
      else dependencies.reply({ type: 'failure', id, message: sentenceOf(error) });
    } finally {
      running.delete(id);
    }
  };
}

/** Whether a run is one that finds groups. */
async function hasGroups(run: string, { runs }: Pick<BenchDependencies, 'runs'>): Promise<boolean> {
  return (await (await runs()).read(run))?.record.manifest.setup.task === 'groups';
}

function refusalOf(id: number, { message, recipe, isByKeptSplit }: Unusable): BenchReply {
  const refused = { type: 'refused', id, message, ...(isByKeptSplit ? { isByKeptSplit } : {}) } as const;
  if (recipe === undefined) return refused;
  const { step, reports, found } = recipe;
  return { ...refused, recipe: { step, reports, found } };
}

function openedOf({ dataset: { version }, target, data }: OpenedData): OpenedBench {
  const { contract, training, heldOut, split, notes, preparation } = data;
  return {
    contract: unfolded(contract)?.contract ?? contract,
    version,
    target,
    training: training.count,
    heldOut: heldOut.count,
    split,
    classes: classLabels(contract) ?? null,
    notes,
    preparation:
      preparation === undefined
        ? null
        : {
            recipe: recipeDigest(preparation.fitted.recipe),
            digest: preparation.digest,
            reports: preparation.reports,
            found: preparation.found,
          },
    models: offeredModels(contract),
    usual: usualModel(contract).model.name,
    onNetwork: isPlane(contract) ? { models: offeredOnNetwork(contract), usual: USUAL_ON_NETWORK } : null,
  };
}

function sentenceOf(error: unknown): string {
  if (error instanceof DataLocked || error instanceof QuestionRefused) return error.message;
  if (error instanceof StorageFull)
    return 'There is no room in this browser to keep the run. Delete data or runs that you do not need, then go on with it.';
  return `The training ended with an error: ${error instanceof Error ? error.message : String(error)}`;
}
