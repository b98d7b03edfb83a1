// Groups in the workbench worker: the rows of a table without a target, a run that finds groups of them and is kept, and the rows in those
// groups. Loaded with the first request that asks for groups.
import { encodedPoints, pointColumns } from '../core/grouping/encoded-points.ts';
import { profileOf } from '../core/grouping/profile.ts';
import { drawnRows } from '../core/grouping/silhouette.ts';
import { pointsAt } from '../core/grouping/grouper.ts';
import { densePoints } from '../core/projection/points.ts';
import { firstTwo, mostOf, MOST_SHOWN } from '../core/projection/projection.ts';
import { principalAxes } from '../core/projection/principal-axes.ts';
import { readRecipe, recipeDigest } from '../core/recipe/recipe.ts';
import type { RawTable } from '../modalities/raw-table.ts';
import { storedTable } from '../modalities/stored-table.ts';
import { tableText } from '../modalities/table-text.ts';
import { findGroups, holdsRowsOf } from '../participant/workbench/grouping/find-groups.ts';
import {
  groupContract,
  groupData,
  groupName,
  type TableGroupData,
} from '../participant/workbench/grouping/group-data.ts';
import { readModelFile, writeModelFile } from '../participant/workbench/model-file.ts';
import { chosenBySetup, groupModels, type ChosenModel } from '../participant/workbench/models.ts';
import { newRecord, setupOf, TAB_BACKEND } from '../participant/workbench/new-run.ts';
import { usuallyHeldOut } from '../participant/workbench/rows-held-out.ts';
import { firstRunOf } from '../participant/workbench/run-again.ts';
import { endBroken, keepRun } from '../participant/workbench/run-keeper.ts';
import type { RunDataset, RunRecord, RunStore } from '../participant/workbench/run-record.ts';
import { stepThrough } from '../participant/workbench/step-through.ts';
import { OTHER_ROWS, Unusable, withoutFlags } from './bench-data-opened.ts';
import type { BenchDependencies } from './bench.ts';
import type {
  EndedGroups,
  GroupRequest,
  GroupRows,
  LookedGroups,
  OpenedGroups,
  OpenGroupsRequest,
  RunEvent,
  RunRequest,
} from './bench-messages.ts';
import { GONE } from './bench-runs.ts';
import { QuestionRefused } from './question-refused.ts';

interface OpenedRows {
  readonly dataset: RunDataset;
  readonly table: RawTable;
  readonly data: TableGroupData;
  /** Whether these rows are those that the dataset has now. */
  readonly isInUse: boolean;
}

/** `state`: undefined for the one in use. Rejects with Unusable, QuestionRefused and DataLocked. */
async function openedRows(
  { dataset: id, target, without, recipe: given }: GroupRows,
  { datasets }: Pick<BenchDependencies, 'datasets'>,
  wanted?: number,
): Promise<OpenedRows> {
  const store = await datasets();
  const [record, history] = await Promise.all([store.record(id), store.history(id)]);
  const state = wanted ?? history?.head;
  const version = history?.commits.find((one) => one.number === state)?.version;
  const examples = state === undefined ? undefined : await store.read(id, state);
  if (record === undefined || state === undefined || version === undefined || examples === undefined)
    throw new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');
  const { contract, name } = record;
  if (contract.kind !== 'table')
    throw new Unusable('Groups are found of the rows of a table, and these are pictures or recordings.');
  const recipe = given === null ? undefined : readRecipe(given);
  if (recipe?.ok === false) throw new Unusable(recipe.error);
  const table = storedTable(contract, examples);
  if (!table.ok) throw new Unusable(table.error);
  const data = groupData(table.value, { target, without, recipe: recipe?.value });
  if (!data.ok) throw new Unusable(withoutFlags(data.error.message), data.error.recipe);
  const isInUse = state === history?.head;
  return { dataset: { id, name, state, version }, table: table.value, data: data.value, isInUse };
}

export async function openedGroups(
  request: Omit<OpenGroupsRequest, 'id' | 'name'>,
  dependencies: Pick<BenchDependencies, 'datasets'>,
): Promise<OpenedGroups> {
  const { dataset, data } = await openedRows(request, dependencies);
  const { fitted, reports, found, digest } = data.preparation;
  return {
    version: dataset.version,
    rows: data.count,
    features: data.features.length / data.count,
    used: data.used,
    leftOut: data.leftOut,
    naming: data.naming,
    notes: data.notes.map(withoutFlags),
    preparation: { recipe: recipeDigest(fitted.recipe), digest, reports, found },
    models: groupModels.map(({ name, title, description, options }) => ({
      name,
      title,
      description,
      options,
    })),
  };
}

/** What makes or goes on with a run that finds groups. */
export type GroupsRequest = Exclude<RunRequest, { name: 'train' }>;

/** Rejects with Unusable, with the signal's reason, and with what the stores reject with. */
export async function groupsRun(
  request: GroupsRequest,
  signal: AbortSignal,
  tell: (event: RunEvent) => void,
  dependencies: BenchDependencies,
): Promise<EndedGroups> {
  const id = request.name === 'resume' ? request.run : dependencies.newId();
  const letGo = await dependencies.holds.take(id);
  if (letGo === undefined)
    throw new Unusable('This run goes on in another tab of this browser. Look after it there.');
  try {
    const store = await dependencies.runs();
    const begun = await beginning(request, id, store, dependencies);
    return await kept(begun, store, signal, tell, dependencies);
  } finally {
    letGo();
  }
}

interface Begun {
  readonly record: RunRecord;
  readonly data: TableGroupData;
  readonly chosen: ChosenModel;
  /** Of a run that is had again: the digest of its model. */
  readonly expected: string | undefined;
}

async function beginning(
  request: GroupsRequest,
  id: string,
  store: RunStore,
  dependencies: BenchDependencies,
): Promise<Begun> {
  const { clock, program } = dependencies;
  const common = { id, program, startedAt: clock.now(), engine: TAB_BACKEND } as const;
  if (request.name === 'group') {
    const { dataset, data } = await openedRows(request, dependencies);
    if (dataset.version !== request.version)
      throw new Unusable(
        'This dataset was changed in another tab. Look at it again, then find groups in it.',
      );
    const setup = groupSetup(request, dataset.name);
    const record = newRecord({ ...common, dataset, setup, data: data.digest, againOf: null });
    return { record, data, chosen: chosenOf(record), expected: undefined };
  }
  const before = (await store.read(request.run))?.record;
  if (before === undefined) throw new Unusable(GONE);
  const { dataset, manifest } = before;
  const { finished, setup } = manifest;
  const { data, dataset: present } = await openedRows(
    { ...setup, dataset: dataset.id },
    dependencies,
    dataset.state,
  );
  if (present.version !== dataset.version) throw new Unusable(OTHER_ROWS);
  switch (request.name) {
    case 'resume': {
      if (finished !== null) throw new Unusable('This run has finished. It can be had again.');
      const record: RunRecord = { ...before, outcome: { type: 'running' }, endedAt: null };
      const first = before.again === null ? undefined : (await store.read(before.again.of))?.record;
      const expected = first && firstRunOf(first.manifest)?.digest;
      return { record, data, chosen: chosenOf(record), expected };
    }
    case 'again': {
      if (finished === null) throw new Unusable('This run has not finished: there is nothing to have again.');
      const record = newRecord({ ...common, dataset, setup, data: data.digest, againOf: before.id });
      return { record, data, chosen: chosenOf(record), expected: finished.digest };
    }
    case 'branch':
      throw new Unusable('A run that finds groups has no checkpoints to branch from.');
    default:
      return request satisfies never;
  }
}

const groupSetup = ({ target, without, recipe, training }: GroupRequest, name: string) => ({
  ...setupOf(
    { name, target, task: 'groups', recipe, series: null, split: usuallyHeldOut },
    {
      ...training,
      layers: null,
      backbone: null,
      budgetMs: null,
      trials: null,
      search: 'tpe',
      space: null,
      folds: null,
      balance: 'none',
      engine: TAB_BACKEND,
    },
  ),
  without: [...without],
});

function chosenOf({ manifest: { setup } }: RunRecord): ChosenModel {
  const chosen = chosenBySetup(setup.model ?? '', null);
  if (!chosen.ok) throw new Unusable(chosen.error);
  return chosen.value;
}

async function kept(
  { record, data, chosen, expected }: Begun,
  store: RunStore,
  signal: AbortSignal,
  tell: (event: RunEvent) => void,
  { clock }: BenchDependencies,
): Promise<EndedGroups> {
  const keeper = await keepRun(store, record, clock);
  tell({ type: 'begun', run: record.id });
  const { setup } = record.manifest;
  try {
    const done = await stepThrough(
      findGroups(data, chosen, setup),
      { clock, signal: AbortSignal.any([signal, keeper.broken]) },
      (step) => tell({ type: 'grouping', ...step }),
    );
    if (!done.ok) throw new Unusable(withoutFlags(done.error));
    const { assigner } = done.value;
    const found = { ...done.value.found, notes: done.value.found.notes.map(withoutFlags) };
    const file = new TextEncoder().encode(
      writeModelFile(
        { learnt: assigner.learnt, digest: found.digest },
        {
          contract: groupContract(data.columns, found.groups.length),
          preparation: data.preparation.fitted,
          chosen,
          seed: setup.seed,
          data: data.digest,
          training: data,
        },
      ),
    );
    const isSame = expected === undefined ? null : expected === found.digest;
    const { manifest, again } = keeper.record;
    signal.throwIfAborted();
    await keeper.end(
      { type: 'grouped', found, model: { bytes: file.byteLength, holdsRows: holdsRowsOf(found) } },
      {
        manifest: {
          ...manifest,
          finished: { model: found.model, options: { ...found.options }, digest: found.digest, trials: 0 },
        },
        again: again === null ? null : { ...again, isSame, isWithin: isSame },
      },
      file,
    );
    return { kind: 'grouped', run: record.id, found, isSame, isWithin: isSame };
  } catch (error) {
    return endBroken(keeper, signal, error);
  }
}

/** The rows of a run, and the group of each by its model. Rejects with Unusable. */
async function groupsOfRun(run: string, dependencies: BenchDependencies) {
  const store = await dependencies.runs();
  const record = (await store.read(run))?.record;
  const file = await store.model(run);
  if (record === undefined) throw new Unusable(GONE);
  if (file === undefined) throw new Unusable('This run has no model.');
  const { dataset, manifest } = record;
  const opened = await openedRows({ ...manifest.setup, dataset: dataset.id }, dependencies, dataset.state);
  if (opened.dataset.version !== dataset.version) throw new Unusable(OTHER_ROWS);
  const model = readModelFile(new TextDecoder().decode(file));
  if (!model.ok) throw new Unusable(model.error);
  const { contract, predictor } = model.value;
  const { data } = opened;
  if (contract.kind !== 'table' || contract.target.type !== 'classes')
    throw new Unusable('This run has found no groups.');
  const groups = contract.target.classes.length;
  const shares = predictor.predict(data.features, data.count);
  const groupOf = Int32Array.from({ length: data.count }, (_, row) =>
    shares.subarray(row * groups, (row + 1) * groups).indexOf(1),
  );
  return { opened, contract, groups, groupOf, seed: manifest.setup.seed };
}

/** Rejects with Unusable, with the signal's reason, and with what the stores reject with. */
export async function lookedGroups(
  run: string,
  dependencies: BenchDependencies,
  signal: AbortSignal,
): Promise<LookedGroups> {
  const { opened, contract, groups, groupOf, seed } = await groupsOfRun(run, dependencies);
  const { data, table, isInUse } = opened;
  const points = encodedPoints(contract, data.features, data.count);
  const columns = pointColumns(contract);
  const names = columns.flatMap(({ name, of }) =>
    of.type === 'category' ? of.categories.map((category) => `${name}: ${category}`) : [name],
  );
  const drawn = drawnRows(data.count, MOST_SHOWN.axes, seed, 'plane');
  const shown = pointsAt(points, drawn);
  const axes = await stepThrough(principalAxes(densePoints(shown.values, shown.count), 2, seed), {
    clock: dependencies.clock,
    signal,
  });
  const profile = profileOf(points, columns, groupOf, groups);
  return {
    places: Float32Array.from(firstTwo(axes, shown.count)),
    axes: Array.from({ length: axes.variances.length }, (_, axis) => ({
      share: axes.shares[axis]!,
      mostly: mostOf(axes.directions.subarray(axis * points.size, (axis + 1) * points.size), names),
    })),
    groupOf: Int32Array.from(drawn, (row) => groupOf[row]!),
    rows: Uint32Array.from(drawn, (row) => data.originOf(row)),
    total: data.count,
    header: table.header,
    typical: profile.groups.map(({ typical }) =>
      typical.map((row) => ({ place: data.originOf(row), cells: data.cellsOf(row) })),
    ),
    isInUse,
  };
}

/** The rows of a run as a file, with a column more that names the group of each. Rejects as above. */
export async function groupedRows(run: string, dependencies: BenchDependencies): Promise<string> {
  const { opened, groupOf } = await groupsOfRun(run, dependencies);
  const { data, table } = opened;
  const named = new Map(Array.from(groupOf, (group, row) => [data.originOf(row), groupName(group)]));
  // A table that has such a column already keeps it.
  let column = 'group';
  while (table.header.includes(column)) column += '_found';
  return tableText({
    header: [...table.header, column],
    rows: table.rows.map((cells, place) => [...cells, named.get(place) ?? '']),
  });
}
