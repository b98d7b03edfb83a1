// The rows of a simulation: what a person would drop, or a built-in sample, divided among the participants; and the rows that
// judge every version, which no participant holds.
import { haveTestFiles, NoContract, readDataPath, sourceFiles } from '#lib/adapters/node/data-path.ts';
import { decodeImageInNode } from '#lib/adapters/node/decode-image.ts';
import type { DataContract } from '#lib/core/data/contract.ts';
import { joinExamples, selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { parsePartition, partition, type Divisible } from '#lib/core/data/partition.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import type { SampleName } from '#lib/core/federation.ts';
import { assembler } from '#lib/modalities/assembler.ts';
import { refusalLog, type ImportReport } from '#lib/modalities/import-report.ts';
import { inferContract, inferFromTable } from '#lib/modalities/infer.ts';
import { samples } from '#lib/modalities/samples.ts';
import { signatureOf } from '#lib/modalities/source-file.ts';
import { takeSample } from '#lib/modalities/take-sample.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';

export interface SimulationData {
  readonly contract: DataContract;
  /** All participants' rows. */
  readonly training: Examples;
  /** Row numbers of each participant. */
  readonly parts: readonly Uint32Array<ArrayBuffer>[];
  readonly test: Examples;
  /** What a person should know of how it was read. */
  readonly notes: readonly string[];
}

interface Read {
  readonly contract: DataContract;
  readonly examples: Examples;
  readonly files: NonNullable<Divisible['files']>;
  readonly report: ImportReport | undefined;
}

/** Rejects with UnusableSetup. */
export async function readSimulationData(setup: SimulationSetup): Promise<SimulationData> {
  const how = parsePartition(setup.partition);
  if (!how.ok) throw new UnusableSetup(`--partition: ${how.error.message}`);
  if (setup.data.type === 'sample' && setup.label !== null)
    throw new UnusableSetup('--label names a column of your own table; leave it out with --data sample.');
  const read =
    setup.data.type === 'sample'
      ? await readSample(setup, setup.data)
      : await readPaths('--data', setup.data.paths, await contractOf(setup.data.paths, setup), 'training');
  const { contract } = read;
  const ownTest = await readTest(setup, contract, read.examples.count);
  const split = ownTest === undefined ? splitExamples(read.examples) : undefined;
  const training = split === undefined ? read.examples : selectExamples(read.examples, split.training);
  const test = ownTest ?? selectExamples(read.examples, split?.heldOut ?? []);
  if (test.count === 0)
    throw new UnusableSetup('No row is left to judge the versions by. Name some with --test PATH.');
  const files = split === undefined ? read.files : filesAmong(read.files, split.training);
  const participants =
    setup.participants ??
    (how.value.type === 'by-file' ? files.filter((one) => one.end > one.start).length : 100);
  if (participants < 1) throw new UnusableSetup('--data holds no row to train on.');
  const { count, targets } = training;
  const parts = partition({ count, targets, files }, participants, how.value, setup.seed);
  if (!parts.ok) throw new UnusableSetup(`--partition ${setup.partition}: ${parts.error.message}`);
  const refused = read.report?.refused ?? 0;
  return {
    contract,
    training,
    parts: parts.value,
    test,
    notes:
      refused === 0
        ? []
        : [`${refused} rows were refused. The first: ${read.report?.refusals[0]?.message ?? ''}`],
  };
}

/** Rows [start, end) of each file, once only the rows in `kept` (ascending) are left. */
function filesAmong(files: Read['files'], kept: Uint32Array): Read['files'] {
  let at = 0;
  return files.map(({ end }) => {
    const start = at;
    while (at < kept.length && kept[at]! < end) at += 1;
    return { start, end: at };
  });
}

/** With a label column named, or a recipe that can make something of prose, the draft for it; else null: readDataPath drafts its own. */
async function contractOf(
  paths: readonly string[],
  { label, recipe }: Pick<SimulationSetup, 'label' | 'recipe'>,
): Promise<DataContract | null> {
  const keepsTexts = recipe !== undefined;
  if (label === null && !keepsTexts) return null;
  const sources = await failing('--data', () => sourceFiles(paths));
  if (label === null) {
    const drafted = await inferContract(sources, undefined, keepsTexts);
    if (!drafted.ok) throw new UnusableSetup(`--data: ${drafted.error.message}`);
    return drafted.value.contract;
  }
  const [first] = sources.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (first === undefined || signatureOf(await first.read(0, 16)) !== undefined)
    throw new UnusableSetup('--label names a column of a CSV table, and --data is none.');
  const inferred = await inferFromTable(first, label, keepsTexts);
  if (!inferred.ok) throw new UnusableSetup(`--label ${label}: ${inferred.error.message}`);
  return inferred.value.contract;
}

async function readTest(
  setup: SimulationSetup,
  contract: DataContract,
  rows: number,
): Promise<Examples | undefined> {
  if (setup.test !== null) return (await readPaths('--test', setup.test, contract, 'test')).examples;
  const { data } = setup;
  if (data.type === 'sample') {
    const all = Math.min(TEST_ROWS.most, Math.max(TEST_ROWS.least, Math.floor(rows / 3)));
    const count = Math.floor(all / TEST_SETS.length);
    // Hands and patients that no participant has.
    return (
      await sampleRows(
        data.sample,
        setup.seed,
        TEST_SETS.map((set) => ({ set, count })),
      )
    ).examples;
  }
  return haveTestFiles(await sourceFiles(data.paths))
    ? (await readPaths('--data', data.paths, contract, 'test')).examples
    : undefined;
}

async function failing<T>(flag: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof NoContract) throw new UnusableSetup(`${flag}: ${cause.message}`, { cause });
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const message =
      cause.code === 'ENOENT' && 'path' in cause
        ? `there is nothing at ${String(cause.path)}.`
        : cause.message;
    throw new UnusableSetup(`${flag}: ${message}`, { cause });
  }
}

async function readPaths(
  flag: string,
  paths: readonly string[],
  wanted: DataContract | null,
  part: 'training' | 'test',
): Promise<Read> {
  const { contract, examples, files, report } = await failing(flag, () =>
    readDataPath(paths, wanted, { part }),
  );
  if (examples === undefined)
    throw new UnusableSetup(
      `${flag}: nothing in ${paths.join(', ')} could be used. ${report.refusals[0]?.message ?? 'It holds no example.'}`,
    );
  return { contract, examples, files, report };
}

/** Rows of the sample for each participant where none are asked for: as MNIST's 600 at most, and not more than memory holds. */
const SAMPLE_ROWS = { most: 300, least: 6, all: 60_000 } as const;
/** Where rows are dealt anew anyway, so many different hands are enough. */
const MOST_HANDS = 200;
/** Rows of all test sets of the sample together: a third of the training rows, within these. */
const TEST_ROWS = { least: 400, most: 2000 } as const;
/** Their numbers: from the far end of the seeds, so that no participant is dealt one of them. */
const TEST_SETS = Array.from({ length: 20 }, (_, index) => 1_000_000 + index);

async function readSample(
  setup: SimulationSetup,
  { sample, rows }: { readonly sample: SampleName; readonly rows: number | null },
): Promise<Read> {
  const participants = setup.participants ?? 100;
  const count =
    rows ??
    Math.max(SAMPLE_ROWS.least, Math.min(SAMPLE_ROWS.most, Math.floor(SAMPLE_ROWS.all / participants)));
  const hands = setup.partition.trim() === 'by-file' ? participants : Math.min(participants, MOST_HANDS);
  const each = Math.ceil((count * participants) / hands);
  return sampleRows(
    sample,
    setup.seed,
    Array.from({ length: hands }, (_, set) => ({ set, count: each })),
  );
}

/** Sets of rows of different hands: with by-file each participant has its own hand. */
async function sampleRows(
  sample: SampleName,
  seed: number,
  sets: readonly { readonly set: number; readonly count: number }[],
): Promise<Read> {
  const { contract } = samples[sample];
  const parts: Examples[] = [];
  const files: { start: number; end: number }[] = [];
  // One assembler for all: each would make itself a batch of 4 MB.
  const into = assembler(
    contract,
    { append: async (examples) => void parts.push(examples) },
    { replays: true },
  );
  for (const { set, count } of sets) {
    const start = into.accepted;
    await takeSample({ sample, seed: seed * SETS_A_SEED + set, count }, contract, into, refusalLog(), {
      decodeImage: decodeImageInNode,
      onFraction: () => {},
    });
    files.push({ start, end: into.accepted });
  }
  await into.finish();
  const examples = joinExamples(parts);
  if (examples === undefined) throw new Error(`The sample “${sample}” made no row.`);
  return { contract, examples, files, report: undefined };
}

/** Sets of one seed and the next have nothing in common. */
const SETS_A_SEED = 2_000_000;
