// A run of `tributary train` that finds groups: rows in, lines out, as train.ts does it for models of a target.
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { recipeDigest } from '#lib/core/recipe/recipe.ts';
import { findGroups, holdsRowsOf } from '#lib/participant/workbench/grouping/find-groups.ts';
import { groupContract } from '#lib/participant/workbench/grouping/group-data.ts';
import { chosenBySetup, groupModels } from '#lib/participant/workbench/models.ts';
import { writeModelFile } from '#lib/participant/workbench/model-file.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { stepThrough } from '#lib/participant/workbench/step-through.ts';
import { exportTo } from './export-run.ts';
import type { TrainLine } from './lines.ts';
import { readGroupRows } from './read-data.ts';
import { checkTracked, trackRun } from './track-run.ts';
import { checkSameRows, saveModel, type TrainOptions } from './train.ts';
import { UnusableTraining } from './unusable.ts';

type Result = Extract<TrainLine, { type: 'groups' }>;

/** Rejects with UnusableTraining, and with the signal's reason. */
export async function trainGroups(setup: TrainSetup, options: TrainOptions): Promise<Result> {
  const { signal, say, kept, expected } = options;
  const chosen = chosenBySetup(setup.model ?? groupModels[0]?.name ?? '', null);
  if (!chosen.ok) throw new UnusableTraining(`--model: ${chosen.error}`);
  if (options.tracked !== undefined) await checkTracked(options.tracked, setup.data, signal);
  const data = await readGroupRows(setup, signal);
  checkSameRows(options, data);
  await kept?.keep({ data: data.digest });
  const { fitted: preparation, reports, digest } = data.preparation;
  say({
    type: 'rows',
    rows: data.count,
    features: data.features.length / data.count,
    used: data.used,
    leftOut: data.leftOut,
    digest: data.digest,
    preparation: { recipe: recipeDigest(preparation.recipe), digest, steps: reports },
    notes: data.notes,
  });
  const clock = createSystemClock();
  const startedAt = clock.now();
  let told = '';
  try {
    const done = await stepThrough(
      findGroups(data, chosen.value, setup),
      { clock, signal },
      ({ says, share }) => {
        if (says !== told) say({ type: 'progress', model: chosen.value.model.name, fraction: share });
        told = says;
      },
    );
    if (!done.ok) throw new UnusableTraining(done.error);
    const { found, assigner } = done.value;
    const holdsRows = holdsRowsOf(found);
    if (setup.save !== null) {
      const file = writeModelFile(
        { learnt: assigner.learnt, digest: found.digest },
        {
          contract: groupContract(data.columns, found.groups.length),
          preparation,
          chosen: chosen.value,
          seed: setup.seed,
          data: data.digest,
          training: data,
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
      manifest: { setup, trials: [], finished },
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
