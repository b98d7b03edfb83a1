// `tributary data`: what an import would make of files, by the tab's own reading: columns, refusals by row and reason, and the
// version that the dataset would have. Nothing is kept and nothing is sent.
import { readFile } from 'node:fs/promises';
import { type Command } from 'commander';
import * as v from 'valibot';
import { sourceFiles } from '#lib/adapters/node/data-path.ts';
import { decodeImageInNode } from '#lib/adapters/node/decode-image.ts';
import { exampleShape, DataContract, type TableColumn } from '#lib/core/data/contract.ts';
import { thingOf } from '#lib/core/data/example-words.ts';
import { countClasses } from '#lib/core/data/class-counts.ts';
import { DAY_MS, isoText } from '#lib/core/data/iso-time.ts';
import { datasetVersion } from '#lib/core/data/dataset-version.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { importFiles } from '#lib/modalities/import.ts';
import { explore, type Exploration } from '#lib/core/exploration/explore.ts';
import { listOf, refusalLog, type ImportReport } from '#lib/modalities/import-report.ts';
import { isHidden } from '#lib/modalities/source-file.ts';
import { readColumns } from '#lib/modalities/table/read-columns.ts';
import { recipeText } from '#lib/core/recipe/recipe.ts';
import { encodingFlag, headerFlag, readingOf, sheetFlag, type ReadingFlags } from '../reading-flags.ts';
import { spokenExploration } from '../spoken-exploration.ts';
import { recipeOnRows } from '../train/recipe-on-rows.ts';
import { inferContract } from '#lib/modalities/infer.ts';

interface Flags extends ReadingFlags {
  readonly contract?: string;
  readonly target?: string;
  readonly explore?: true;
  readonly recipe?: true | string;
  readonly strict?: true;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command('data')
    .description('what an import would make of your files: columns, refused rows, the dataset’s version')
    .argument(
      '<file...>',
      'tables (CSV, TSV, .xlsx, ARFF, JSON, NDJSON, Parquet, Arrow), texts (.txt), pictures, recordings (WAV, MP3, FLAC, Ogg), a zip, or folders of them',
    )
    .option(
      '--contract <file>',
      'the data contract to read them by, JSON; drafted from the files where left out',
    )
    .option('--target <column>', 'for a drafted contract: the column to learn')
    .addOption(headerFlag)
    .addOption(sheetFlag)
    .addOption(encodingFlag)
    .option('--explore', 'tables: figures of every column of the files, and what to look at before training')
    .option(
      '--recipe [file]',
      'tables: prints the usual recipe for train --recipe, and what it does to the rows; or what that of a file does',
    )
    .option('--strict', 'end with status 1 where anything was refused')
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  tributary data my-hospital.csv
  tributary data my-hospital.csv --target outcome --json | jq .contract > contract.json
  tributary data my-hospital.csv --explore
  tributary data iris.data --header no
  tributary data ward.xlsx --sheet 2024
  tributary data my-hospital.csv --target outcome --recipe > recipe.json
  tributary data ward-*.parquet --contract contract.json --strict`,
    )
    .action(async (paths: readonly string[], flags: Flags) => {
      if (flags.recipe !== undefined) return showRecipe(paths, flags);
      const read = await dataRead(paths, flags);
      const found = flags.explore === true ? await explored(paths, read.contract, flags) : undefined;
      if (flags.json === true) console.log(JSON.stringify({ ...read, ...found }));
      else {
        for (const line of spoken(read)) console.log(line);
        if (found !== undefined) {
          for (const line of spokenExploration(found.exploration)) console.log(line);
          for (const line of spokenUnexplored(found.unexplored, read.report.notes)) console.log(line);
        }
      }
      if (read.version === null || (flags.strict === true && read.report.refused > 0)) process.exitCode = 1;
    });
}

type Read = Awaited<ReturnType<typeof dataRead>>;

async function dataRead(paths: readonly string[], flags: Pick<Flags, 'contract' | 'target'> & ReadingFlags) {
  if (flags.contract !== undefined && flags.target !== undefined)
    throw new Error('--target is for a drafted contract: the one given by --contract names its own.');
  const sources = await sourceFiles(paths, readingOf(flags)).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' && 'path' in cause)
      throw new Error(`There is nothing at ${String(cause.path)}.`, { cause });
    throw cause;
  });
  const drafted = flags.contract === undefined ? await inferContract(sources, flags.target, true) : undefined;
  if (drafted?.ok === false) throw new Error(`No contract could be drafted: ${drafted.error.message}`);
  const contract = drafted?.value.contract ?? (await contractAt(flags.contract ?? ''));

  const version = datasetVersion(contract);
  let heldOut = 0;
  let classCounts = countClasses(contract, new Int32Array(0));
  const { report } = await importFiles(
    sources,
    contract,
    {
      append(examples: Examples) {
        version.add(examples.hashes);
        heldOut += splitExamples(examples).heldOut.length;
        classCounts = countClasses(contract, examples.targets, classCounts);
        return Promise.resolve();
      },
    },
    { decodeImage: decodeImageInNode },
  );
  return {
    files: sources.map(({ path, size }) => ({ path, bytes: size })),
    rows: report.accepted,
    heldOut,
    classCounts,
    shape: exampleShape(contract),
    version: report.accepted === 0 || report.unfit !== null ? null : version.finish(),
    isDrafted: drafted !== undefined,
    notes: drafted?.value.notes ?? [],
    contract,
    report,
  };
}

/** The recipe to standard output, to be kept in a file; what its steps do to standard error. */
async function showRecipe(
  paths: readonly string[],
  { recipe: file, target, contract, explore: explores, json, ...reading }: Flags,
): Promise<void> {
  if (contract !== undefined || explores === true || json === true)
    throw new Error('--recipe shows what is done to the rows of the files: give it alone, or with --target.');
  const shown = await recipeOnRows(paths, file === true ? undefined : file, target, readingOf(reading));
  console.log(recipeText(shown.recipe));
  for (const line of shown.lines) console.error(line);
}

interface Explored {
  readonly exploration: Exploration;
  /** Rows and files that could not be read as such: the figures are without them. */
  readonly unexplored: Pick<ImportReport, 'refused' | 'refusals' | 'notes'>;
}

/** All columns of the files, those that the contract leaves out too. */
async function explored(
  paths: readonly string[],
  contract: DataContract,
  flags: ReadingFlags,
): Promise<Explored> {
  if (contract.kind !== 'table')
    throw new Error(`--explore is for tables; these files are ${thingOf(contract)}s.`);
  const log = refusalLog();
  const table = await readColumns(
    (await sourceFiles(paths, readingOf(flags))).filter((file) => !isHidden(file.path)),
    log,
  );
  const { refused, refusals, notes } = log.report(table.rows, 0, 0);
  return { exploration: explore(table, contract.target.name), unexplored: { refused, refusals, notes } };
}

/** `known`: notes of the import, which were told already. */
function* spokenUnexplored(
  { refused, refusals, notes }: Explored['unexplored'],
  known: readonly string[],
): Iterable<string> {
  for (const note of notes) if (!known.includes(note)) yield `note: ${note}`;
  if (refused === 0) return;
  yield `not in these figures: ${counted(refused, 'row or file', 'rows or files')} that could not be read:`;
  for (const one of refusals.slice(0, LISTED)) yield `  ${placeOf(one)} (${one.kind}): ${one.message}`;
  if (refused > LISTED) yield `  … and ${refused - LISTED} more`;
}

const placeOf = (one: ImportReport['refusals'][number]): string =>
  [
    one.file,
    ...(one.row === null ? [] : [`row ${one.row}`]),
    ...(one.column === null ? [] : [`column ${one.column}`]),
  ].join(', ');

/** Rejects with a sentence: what the file holds, what was expected. */
async function contractAt(path: string): Promise<DataContract> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(`The contract ${path} cannot be read.`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`The contract ${path} is not JSON.`, { cause });
  }
  const parsed = v.safeParse(DataContract, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(
    `${path} is no data contract: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}. \`tributary data FILE --json\` prints one under "contract".`,
  );
}

const LISTED = 20;

function* spoken(read: Read): Iterable<string> {
  const { contract, report } = read;
  yield `${listOf(read.files.map((file) => file.path))}: ${counted(report.accepted, 'example')}, ${counted(report.refused, 'refusal')}${report.duplicates === 0 ? '' : `, ${counted(report.duplicates, 'duplicate')} left out`}.`;
  yield read.isDrafted ? 'A contract drafted from the files:' : 'Read by the given contract:';
  if (contract.kind === 'image')
    yield `  pictures of ${contract.height} × ${contract.width}, ${contract.channels === 1 ? 'grey' : 'colour'}`;
  else if (contract.kind === 'audio')
    yield `  recordings of ${contract.milliseconds} ms at ${contract.sampleRate} Hz, ${contract.mels} bands every ${contract.hopMs} ms`;
  else for (const column of contract.columns) yield `  ${column.name}: ${describe(column)}`;
  yield `  to learn: ${target(read)}`;
  for (const note of new Set([...read.notes, ...report.notes])) yield `  note: ${note}`;
  for (const one of report.refusals.slice(0, LISTED))
    yield `refused: ${placeOf(one)} (${one.kind}): ${one.message}`;
  for (const rule of report.broken)
    yield `broken: ${rule.column ?? 'rows'} (${rule.kind}), ${counted(rule.count, 'time')}${rule.expected === null ? '' : `, expected ${rule.expected}`}: ${rowsOf(rule.places.map((place) => place.row))}. ${rule.fix}`;
  if (report.refused > LISTED)
    yield `… and ${report.refused - LISTED} more: ${Object.entries(report.refusedByKind)
      .map(([kind, number]) => `${kind} ${number}`)
      .join(', ')}. --json lists the first 1,000.`;
  if (read.version !== null)
    yield `Dataset version ${read.version}, ${read.heldOut} of ${read.rows} rows held out by their hash.`;
}

const rowsOf = (rows: readonly (number | null)[]): string => {
  const known = rows.filter((row) => row !== null);
  return known.length === 0 ? 'the whole file' : `row ${listOf(known.map(String), 10)}`;
};

const counted = (number: number, noun: string, many = `${noun}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? noun : many}`;

function describe(column: TableColumn): string {
  if (column.type === 'terms') return `texts as ${column.terms.length.toLocaleString('en')} terms`;
  if (column.type === 'hashed') return `texts hashed into ${column.buckets.toLocaleString('en')} buckets`;
  const missing = column.missingAllowed ? ', may be missing' : '';
  if (column.type === 'text') return `text${missing}`;
  if (column.type === 'category') return `category (${listOf(column.categories, 8)})${missing}`;
  if (column.reads === 'time') return `time, about ${isoText(column.mean * DAY_MS).slice(0, 10)}${missing}`;
  return `number, ${column.minimum ?? '−∞'} to ${column.maximum ?? '∞'}, scaled by mean ${column.mean} and deviation ${column.standardDeviation}${missing}`;
}

function target({ contract, classCounts }: Read): string {
  if (contract.kind === 'table' && contract.target.type === 'number')
    return `${contract.target.name} (a number)`;
  const labels =
    contract.kind !== 'table'
      ? contract.classes
      : contract.target.type === 'classes'
        ? contract.target.classes.map((one) => one.label)
        : [];
  const classes = labels.map((label, index) => `${label} ${classCounts[index] ?? 0}`);
  return `${contract.kind === 'table' ? contract.target.name : 'the class'}: ${listOf(classes, 12)}`;
}
