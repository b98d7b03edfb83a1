// A run of `tributary train` that finds groups: rows in, lines out, as train.ts does it for models of a target.
import type { DataContract } from '#lib/core/data/contract.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { tooMuchSeen } from '#lib/core/model/embedding.ts';
import { embeddedRows } from '#lib/participant/workbench/embedded-rows.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { recipeDigest } from '#lib/core/recipe/recipe.ts';
import { findGroups, holdsRowsOf } from '#lib/participant/workbench/grouping/find-groups.ts';
import { groupContract, type GroupData } from '#lib/participant/workbench/grouping/group-data.ts';
import {
  groupedContract,
  LABEL,
  seenGroupData,
} from '#lib/participant/workbench/grouping/seen-group-data.ts';
import { chosenBySetup, groupModels, type ChosenModel } from '#lib/participant/workbench/models.ts';
import { writeModelFile } from '#lib/participant/workbench/model-file.ts';
import { BROUGHT_NOTE } from '#lib/participant/workbench/network-leak.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { stepThrough } from '#lib/participant/workbench/step-through.ts';
import { programName } from '../project-folder.ts';
import { layersOnBackbone } from './backbone.ts';
import { exportTo } from './export-run.ts';
import type { TrainLine } from './lines.ts';
import { usualEngine } from './predict.ts';
import { readGroupRows, readPlanesToGroup } from './read-data.ts';
import { checkTracked, trackRun } from './track-run.ts';
import { checkSameRows, saveModel, type TrainOptions } from './train.ts';
import { UnusableTraining } from './unusable.ts';

/** What is grouped, by which model, and what that model's file says of the rows that it takes. */
interface RowsToGroup {
  readonly data: GroupData;
  readonly chosen: ChosenModel;
  readonly training: Pick<Examples, 'count' | 'features'>;
  contractOf(groups: readonly string[]): DataContract;
}

type Result = Extract<TrainLine, { type: 'groups' }>;

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function trainGroups(setup: TrainSetup, options: TrainOptions): Promise<Result> {
  const { signal, say, kept, expected } = options;
  // Named before a build beside it is another.
  const program = kept?.manifest.program ?? programName();
  if (options.tracked !== undefined) await checkTracked(options.tracked, setup.data, signal);
  const { data, chosen, training, contractOf } = await rowsToGroup(setup, signal);
  checkSameRows(options, data);
  await kept?.keep({ data: data.digest });
  const { preparation } = data;
  say({
    type: 'rows',
    rows: data.count,
    features: data.features.length / data.count,
    used: data.used,
    leftOut: data.leftOut,
    digest: data.digest,
    preparation:
      preparation === undefined
        ? null
        : {
            recipe: recipeDigest(preparation.fitted.recipe),
            digest: preparation.digest,
            steps: preparation.reports,
          },
    notes: data.notes,
  });
  const clock = createSystemClock();
  const startedAt = clock.now();
  let told = '';
  try {
    const done = await stepThrough(
      findGroups(data, chosen, { ...setup, target: preparation === undefined ? LABEL : setup.target }),
      { clock, signal },
      ({ says, share }) => {
        if (says !== told) say({ type: 'progress', model: chosen.model.name, fraction: share });
        told = says;
      },
    );
    if (!done.ok) throw new UnusableTraining(done.error);
    const { found, learnt } = done.value;
    const holdsRows = holdsRowsOf(found);
    if (setup.save !== null) {
      const file = writeModelFile(
        { learnt, digest: found.digest },
        {
          contract: contractOf(found.groups.map(({ name }) => name)),
          preparation: preparation?.fitted,
          chosen,
          seed: setup.seed,
          data: data.digest,
          training,
        },
      );
      await saveModel(setup.save, file);
      say({ type: 'saved', path: setup.save, holdsRows });
    }
    const finished = {
      model: found.model,
      options: { ...found.options },
      digest: found.digest,
      trials: 0,
    };
    await kept?.keep({ finished });
    const isSame = expected === undefined ? null : expected.digest === found.digest;
    const line: Result = {
      type: 'groups',
      ...found,
      state: kept?.directory ?? null,
      isSame,
      isWithin: isSame,
    };
    const ended = {
      result: undefined,
      groups: found,
      curve: [],
      manifest: { program, setup, trials: [], finished },
      startedAt,
      endedAt: clock.now(),
      data: data.digest,
    };
    if (options.exports !== undefined) say({ type: 'exported', ...(await exportTo(options.exports, ended)) });
    say(line);
    const sent = options.tracked && (await trackRun(options.tracked, ended, signal));
    if (sent?.ok === true) say({ type: 'tracked', ...sent.value });
    if (sent?.ok === false) throw new UnusableTraining(`--mlflow: ${sent.error.message}`);
    return line;
  } finally {
    clock.close();
  }
}

async function rowsToGroup(setup: TrainSetup, signal: AbortSignal): Promise<RowsToGroup> {
  const name = setup.model ?? groupModels[0]?.name ?? '';
  if (setup.backbone === null) {
    const chosen = chosenBySetup(name, null);
    if (!chosen.ok) throw new UnusableTraining(`--model: ${chosen.error}`);
    const data = await readGroupRows(setup, signal);
    const contractOf = (groups: readonly string[]) => groupContract(data.columns, groups.length);
    return { data, chosen: chosen.value, training: data, contractOf };
  }
  const { contract, examples, notes } = await readPlanesToGroup(setup, signal);
  const { spec, frozen } = await layersOnBackbone(setup.backbone, contract);
  const chosen = chosenBySetup(name, spec, frozen);
  if (!chosen.ok) throw new UnusableTraining(`--model: ${chosen.error}`);
  const { model, options } = chosen.value;
  const unsuited = model.unsuited(contract, options);
  if (model.type !== 'grouper' || model.embedding === undefined || unsuited !== undefined)
    throw new UnusableTraining(
      `${model.title} does not suit these data: ${unsuited ?? 'it finds no groups.'}`,
    );
  const tooMuch = tooMuchSeen(examples.count, model.embedding.width);
  if (tooMuch !== undefined) throw new UnusableTraining(`--backbone-layer: ${tooMuch}`);
  const seen = await embeddedRows(model.embedding, examples, { openEngine: usualEngine, signal });
  return {
    data: seenGroupData(contract, examples, seen, [...notes, BROUGHT_NOTE]),
    chosen: chosen.value,
    training: examples,
    contractOf: (groups) => groupedContract(contract, groups),
  };
}
