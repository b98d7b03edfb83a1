// The rows that `--data` names, as the workbench takes them: files of one table with a target, pictures, or recordings.
import { haveTestFiles, NoContract, readDataFiles, sourceFiles } from '#lib/adapters/node/data-path.ts';
import { isPlane, type DataContract, type PlaneContract } from '#lib/core/data/contract.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { readRecipe } from '#lib/core/recipe/recipe.ts';
import type { ImportReport } from '#lib/modalities/import-report.ts';
import { inferContract } from '#lib/modalities/infer.ts';
import { readRawTable } from '#lib/modalities/raw-table.ts';
import { isHidden, signatureOf, type SourceFile } from '#lib/modalities/source-file.ts';
import { withLabelLists } from '#lib/modalities/label-list.ts';
import { openedTables } from '#lib/modalities/table/packed-tables.ts';
import type { TableReading } from '#lib/modalities/table/table-reading.ts';
import { examplesData, tableData, type BenchData } from '#lib/participant/workbench/bench-data.ts';
import { groupData, type GroupData } from '#lib/participant/workbench/grouping/group-data.ts';
import { timeColumns } from '#lib/participant/workbench/series-channels.ts';
import { seriesData } from '#lib/participant/workbench/series-data.ts';
import type { KeptSplit } from '#lib/participant/workbench/kept-split.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { UnusableTraining } from './unusable.ts';

/** `kept`: the split of an earlier run. Rejects with UnusableTraining, and with the signal's reason. */
export async function readTrainData(
  setup: TrainSetup,
  signal: AbortSignal,
  kept?: KeptSplit,
): Promise<BenchData> {
  const all = await foundFiles(setup.data, setup.reading);
  const files = visible(all);
  const isListed = await areListed(files, setup.target);
  const isPictures = isListed || (await arePictures(files, setup.target));
  if (isPictures && !isListed && setup.target !== null)
    throw new UnusableTraining(
      '--target names a column, and these are pictures or recordings without a list that has it: their folders, names or label files are the target. Leave it out.',
    );
  if (!isPictures && setup.target === null)
    throw new UnusableTraining('Say which column is to be predicted: --target COLUMN.');
  if (isPictures && setup.series !== null)
    throw new UnusableTraining('--window is for tables whose rows are moments. Leave it out.');
  if (isPictures && setup.recipe !== null)
    throw new UnusableTraining(
      '--recipe is for tables: pictures and recordings are taken as they are. Leave it out.',
    );
  if (isPictures) return pictureData(setup, all, signal, kept);
  if (setup.series !== null) return windowData(setup, files, signal);
  const { target, task } = setup;
  const recipe = setup.recipe === null ? undefined : readRecipe(setup.recipe);
  if (recipe?.ok === false) throw new UnusableTraining(`--recipe: ${recipe.error}`);
  const read = await tableData(
    files,
    { ...setup, target: target ?? '', kind: kindOf(task), recipe: recipe?.value, kept },
    signal,
  );
  if (!read.ok) throw new UnusableTraining(read.error);
  return read.value;
}

/** Of a target, which rows of groups have not (readGroupRows). */
const kindOf = (task: TrainSetup['task']) => (task === 'groups' ? null : task);

/** The rows of one table, none of which is held out. Rejects with UnusableTraining, and with the signal's reason. */
export async function readGroupRows(
  { data: paths, reading, target, without, recipe: given }: TrainSetup,
  signal: AbortSignal,
): Promise<GroupData> {
  const files = visible(await foundFiles(paths, reading));
  if (await arePictures(files, target ?? ''))
    throw new UnusableTraining(
      'Groups are found of the rows of a table, and these are pictures or recordings. Name a table, or a network that sees these, by --backbone.',
    );
  const recipe = given === null ? undefined : readRecipe(given);
  if (recipe?.ok === false) throw new UnusableTraining(`--recipe: ${recipe.error}`);
  const table = await readRawTable(files, target ?? '', signal);
  if (!table.ok) throw new UnusableTraining(table.error);
  const data = groupData(table.value, { target, without, recipe: recipe?.value });
  if (!data.ok) throw new UnusableTraining(data.error.message);
  return data.value;
}

/** Pictures or recordings, none of which is held out. Rejects as above. */
export async function readPlanesToGroup(
  { data: paths, reading, target, recipe }: TrainSetup,
  signal: AbortSignal,
): Promise<{
  readonly contract: PlaneContract;
  readonly examples: Examples;
  readonly notes: readonly string[];
}> {
  const all = await foundFiles(paths, reading);
  const files = visible(all);
  if (
    target !== null ||
    recipe !== null ||
    !((await areListed(files, null)) || (await arePictures(files, null)))
  )
    throw new UnusableTraining(
      '--backbone sees pictures or recordings, which have no columns: name them by --data, and leave --target and --recipe out.',
    );
  try {
    const { contract, examples, report } = await readDataFiles(all, null, { signal });
    if (examples === undefined || !isPlane(contract)) throw nothingOf(paths, report.refusals);
    return { contract, examples, notes: [...report.notes, ...refusedNotes(report)] };
  } catch (cause) {
    if (cause instanceof NoContract) throw new UnusableTraining(cause.message, { cause });
    throw cause;
  }
}

const nothingOf = (paths: readonly string[], [first]: ImportReport['refusals']): UnusableTraining =>
  new UnusableTraining(
    `Nothing in ${paths.join(', ')} could be used: ${first?.message ?? 'it holds no example'}`,
  );

const refusedNotes = ({ refused, refusals }: ImportReport): readonly string[] =>
  refused === 0
    ? []
    : [`${refused} pictures or recordings were refused. The first: ${refusals[0]?.message ?? ''}`];

async function windowData(
  { target, task, without, heldOut, group, time, series, recipe }: TrainSetup,
  files: readonly SourceFile[],
  signal: AbortSignal,
): Promise<BenchData> {
  if (series === null) throw new Error('Windows were asked for.');
  if (group !== null || recipe !== null)
    throw new UnusableTraining(
      '--window takes series as they stand: leave --group and --recipe out. Which rows are of one series says --series COLUMN.',
    );
  const table = await readRawTable(files, target ?? '', signal);
  if (!table.ok) throw new UnusableTraining(table.error);
  const columns = time === null ? timeColumns(table.value) : time.split(',').map((one) => one.trim());
  if (columns.length === 0)
    throw new UnusableTraining('No column of dates was found. Say which tells the time: --time COLUMN.');
  const data = seriesData(table.value, {
    ...series,
    target: target ?? '',
    kind: kindOf(task),
    without,
    heldOut,
    time: columns,
  });
  if (!data.ok) throw new UnusableTraining(data.error);
  return data.value;
}

const visible = (files: readonly SourceFile[]): readonly SourceFile[] =>
  files.filter(({ path }) => !isHidden(path));

async function foundFiles(paths: readonly string[], reading?: TableReading): Promise<SourceFile[]> {
  try {
    return await sourceFiles(paths, reading);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const path = 'path' in cause ? String(cause.path) : paths.join(', ');
    throw new UnusableTraining(
      cause.code === 'ENOENT' ? `There is nothing at ${path}.` : `${path} cannot be read: ${cause.message}`,
      { cause },
    );
  }
}

/** Pictures or recordings beside a table that names them and their classes: by the column of the target, if one is said. */
const areListed = async (files: readonly SourceFile[], target: string | null): Promise<boolean> =>
  (await withLabelLists(files, { column: target ?? undefined })).notes.length > 0;

/** Told by the first file that is not hidden. With a target named, a zip is an Excel workbook more likely than pictures. */
async function arePictures(files: readonly SourceFile[], target: string | null): Promise<boolean> {
  const [first] = (await openedTables(files)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (first === undefined) throw new UnusableTraining('There is no file in what --data names.');
  const signature = signatureOf(await first.read(0, 16));
  if (signature === undefined || signature === 'pdf' || signature === 'old-excel') return false;
  return signature !== 'zip' || target === null;
}

async function pictureData(
  setup: TrainSetup,
  files: readonly SourceFile[],
  signal: AbortSignal,
  kept?: KeptSplit,
): Promise<BenchData> {
  try {
    const training = await readDataFiles(files, await contractOf(setup, visible(files)), {
      signal,
      part: 'training',
    });
    if (training.examples === undefined) throw nothingOf(setup.data, training.report.refusals);
    const test = haveTestFiles(files)
      ? (await readDataFiles(files, training.contract, { signal, part: 'test' })).examples
      : undefined;
    const notes = [...training.report.notes, ...refusedNotes(training.report)];
    const data = examplesData(training.contract, training.examples, test, { ...setup, kept }, notes);
    if (!data.ok) throw new UnusableTraining(data.error);
    return data.value;
  } catch (cause) {
    if (cause instanceof NoContract) throw new UnusableTraining(cause.message, { cause });
    throw cause;
  }
}

/** Of recordings whose speakers are kept together, or with a column of the class that was said; null: what the files say. */
async function contractOf(
  { group, target }: TrainSetup,
  files: readonly SourceFile[],
): Promise<DataContract | null> {
  if (group === null && target === null) return null;
  const drafted = await inferContract(files, target ?? undefined);
  if (!drafted.ok) throw new UnusableTraining(drafted.error.message);
  const { contract } = drafted.value;
  if (group === null) return contract;
  if (contract.kind !== 'audio' || group !== 'speaker')
    throw new UnusableTraining(
      contract.kind === 'audio'
        ? '--group names a column of a table; recordings are kept together by --group speaker, which their names say (class_speaker_number.wav).'
        : '--group names a column of a table, and these are pictures. Leave it out.',
    );
  return { ...contract, groups: 'file-name' };
}
