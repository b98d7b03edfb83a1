// One import from its source to a sink, the same in the ingest worker, in Node and in tests: read, check, encode, leave out
// duplicates, hand over in batches, and say what happened.
import type { DataContract } from '../core/data/contract.ts';
import type { SampleName } from '../core/federation.ts';
import { assembler, type ExampleSink, type Resumed } from './assembler.ts';
import { classMatch } from './class-match.ts';
import { drawnExample, type DecodeImage, type Picture } from './image/picture.ts';
import { refusalLog, type ImportPreview, type ImportReport, type RefusalLog } from './import-report.ts';
import { modalities, readFiles } from './index.ts';
import { withLabelLists } from './label-list.ts';
import { sampleFits } from './samples.ts';
import { isHidden, type SourceFile } from './source-file.ts';
import { openedTables } from './table/packed-tables.ts';
import { takeSample } from './take-sample.ts';

export interface ImportOptions {
  /** Rejects with its reason at the next batch. */
  readonly signal?: AbortSignal | undefined;
  /** `fraction` 0–1 of the source, null where it has no measure; `examples` taken so far. */
  readonly onProgress?: (fraction: number | null, examples: number) => void;
  /** A file is done with; `examples` were taken so far. */
  readonly onFile?: (path: string, examples: number) => void;
  readonly decodeImage: DecodeImage;
  /** What names no class (a picture in no class folder, a row without a target) is kept without a label, not refused. */
  readonly keepsUnlabelled?: boolean | undefined;
  /** The contract was made of these very files, and is no federation's. */
  readonly isOwn?: boolean | undefined;
  /** Continues an import that was cut off. */
  readonly resumed?: Resumed | undefined;
  /** Milliseconds, for the report's duration. */
  readonly now?: () => number;
}

export interface ImportOutcome {
  readonly report: ImportReport;
  readonly preview: ImportPreview;
}

interface Run {
  readonly contract: DataContract;
  readonly sink: ExampleSink;
  readonly options: ImportOptions;
}

async function run(
  { contract, sink, options }: Run,
  replays: boolean,
  work: (into: ReturnType<typeof assembler>, log: RefusalLog) => Promise<ImportPreview>,
): Promise<ImportOutcome> {
  const now = options.now ?? (() => performance.now());
  const startedAt = now();
  const log = refusalLog();
  const into = assembler(contract, sink, { resumed: options.resumed, replays });
  const preview = await work(into, log);
  options.signal?.throwIfAborted();
  await into.finish();
  if (options.resumed !== undefined)
    log.note(`Continued after ${options.resumed.count.toLocaleString('en')} examples imported before.`);
  const report = log.report(into.accepted, into.duplicates, now() - startedAt);
  if (into.accepted === 0 && report.refused === 0 && into.duplicates === 0) {
    log.refuse('no-examples', 'Nothing was found to learn from.', { file: '' });
    return { report: log.report(0, 0, now() - startedAt), preview };
  }
  return { report, preview };
}

/**
 * Reads files against the contract. Files are taken in the order of their paths, so that the same files make the same dataset.
 * Rejects with the signal's reason, with whatever the sink rejects with, and with SourceChanged; never for what is in a file.
 */
export function importFiles(
  files: readonly SourceFile[],
  contract: DataContract,
  sink: ExampleSink,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const visible = files.filter((file) => !isHidden(file.path));
  const inOrder = visible.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return run({ contract, sink, options }, modalities[contract.kind].replays, async (into, log) => {
    const hidden = files.length - visible.length;
    if (hidden > 0)
      log.note(
        `${hidden === 1 ? '1 hidden file was' : `${hidden.toLocaleString('en')} hidden files were`} passed over.`,
      );
    let ordered: readonly SourceFile[];
    if (contract.kind === 'table') ordered = await openedTables(inOrder, options.signal);
    else {
      const { classes } = contract;
      const listed = await withLabelLists(inOrder, { signal: options.signal, classes });
      for (const note of listed.notes) log.note(note);
      ordered = listed.files;
    }
    return readFiles(ordered, contract, into, log, {
      decodeImage: options.decodeImage,
      signal: options.signal,
      keepsUnlabelled: options.keepsUnlabelled,
      isOwn: options.isOwn,
      onFraction: (fraction) => options.onProgress?.(fraction, into.accepted),
      onFile: (path) => options.onFile?.(path, into.accepted),
    });
  });
}

/** Makes a built-in sample; the same seed makes the same examples. Refused where it does not fit the contract. */
export function importSample(
  sample: { readonly sample: SampleName; readonly seed: number; readonly count: number },
  contract: DataContract,
  sink: ExampleSink,
  options: ImportOptions,
): Promise<ImportOutcome> {
  return run({ contract, sink, options }, true, async (into, log) => {
    const problem = sampleFits(sample.sample, contract);
    if (problem === undefined)
      return takeSample(sample, contract, into, log, {
        decodeImage: options.decodeImage,
        signal: options.signal,
        onFraction: (fraction) => options.onProgress?.(fraction, into.accepted),
      });
    log.refuse('unsupported', problem, { file: sample.sample });
    return emptyPreview(contract);
  });
}

/** Takes one picture made here, with its label. */
export function importPicture(
  source: { readonly picture: Picture; readonly origin: 'drawn' | 'camera'; readonly label: string },
  contract: DataContract,
  sink: ExampleSink,
  options: ImportOptions,
): Promise<ImportOutcome> {
  return run({ contract, sink, options }, true, (into, log) => {
    const file = source.origin === 'drawn' ? 'drawn here' : 'camera';
    const preview = emptyPreview(contract);
    if (contract.kind !== 'image') {
      log.refuse('unsupported', 'This federation wants no pictures.', { file });
      return Promise.resolve(preview);
    }
    const target = classMatch(contract).ofLabel(source.label);
    if (target === undefined) {
      log.refuse('unknown-class', `“${source.label}” is no class of this federation.`, { file });
      return Promise.resolve(preview);
    }
    const pixels = drawnExample(source.picture, source.origin, contract);
    if (pixels.every((value) => value === 0)) {
      log.refuse('no-examples', 'The pad is empty. Draw something first.', { file });
      return Promise.resolve(preview);
    }
    const slot = into.slot();
    slot.features.set(pixels, slot.at);
    into.position += 1;
    into.commit(target);
    return Promise.resolve({
      ...emptyImagePreview(contract),
      images: [{ label: contract.classes[target] ?? source.label, pixels }],
    });
  });
}

const emptyImagePreview = (
  contract: Extract<DataContract, { kind: 'image' }>,
): Extract<ImportPreview, { kind: 'image' }> => ({
  kind: 'image',
  height: contract.height,
  width: contract.width,
  channels: contract.channels,
  images: [],
});

const emptyPreview = (contract: DataContract): ImportPreview =>
  contract.kind === 'image'
    ? emptyImagePreview(contract)
    : contract.kind === 'audio'
      ? { kind: 'audio', recordings: [] }
      : { kind: 'table', header: [], rows: [] };
