// What the ingest worker does with a request, apart from being a worker: every request is answered exactly once.
import type { DatasetDraft, DatasetRecord, DatasetStore } from '../ports/dataset-store.ts';
import { DataLocked, DatasetMoved, ImportMismatch, StorageFull } from '../ports/dataset-store.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { SourceChanged, type ExampleSink, type Resumed } from '../modalities/assembler.ts';
import { encodeInput } from '../modalities/encode.ts';
import type { DecodeImage } from '../modalities/image/picture.ts';
import {
  importFiles,
  importPicture,
  importSample,
  type ImportOptions,
  type ImportOutcome,
} from '../modalities/import.ts';
import type { BrokenRule } from '../modalities/import-report.ts';
import { samples } from '../modalities/samples.ts';
import { fileName, sourceOfBlob } from '../modalities/source-file.ts';
import type { Exploring } from './exploring.ts';
import {
  spokenFiles,
  WITHOUT_LABELS,
  type DatasetAnswer,
  type DatasetRequest,
  type EncodeRequest,
  type ImportRequest,
  type ImportSource,
  type IngestReply,
  type IngestRequest,
  type LookRequest,
} from './ingest-messages.ts';
import { QuestionRefused } from './question-refused.ts';
import type { CancelRequest } from './request-messages.ts';

export interface IngestDependencies {
  /** Rejects when the browser gives no storage. */
  store(): Promise<DatasetStore>;
  readonly decodeImage: DecodeImage;
  newId(): string;
  reply(message: IngestReply, transfer: ArrayBuffer[]): void;
}

/** Progress goes out at most this often. */
const PROGRESS_EVERY_MS = 100;

export function ingest(dependencies: IngestDependencies): (request: IngestRequest) => Promise<void> {
  const running = new Map<number, AbortController>();
  let explored: Exploring | undefined;

  const answered = async (
    request: Exclude<IngestRequest, CancelRequest>,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const controller = new AbortController();
    running.set(request.id, controller);
    try {
      await work(controller.signal);
    } catch (error) {
      if (controller.signal.aborted) dependencies.reply({ type: 'cancelled', id: request.id }, []);
      else dependencies.reply({ type: 'failure', id: request.id, ...failure(error) }, []);
    } finally {
      running.delete(request.id);
    }
  };

  return async (request) => {
    switch (request.name) {
      case 'import':
        return answered(request, async (signal) => {
          const { message, transfer } = await importInto(
            await dependencies.store(),
            request,
            dependencies,
            signal,
          );
          dependencies.reply(message, transfer);
        });
      case 'look':
        return answered(request, async (signal) =>
          dependencies.reply(await looked(request, throttledProgress(request.id, dependencies), signal), []),
        );
      case 'encode':
        return answered(request, async () => {
          const encoded = await encodeInput(request.contract, inputOf(request), dependencies.decodeImage);
          if (encoded.ok)
            dependencies.reply({ type: 'encoded', id: request.id, features: encoded.value }, [
              encoded.value.buffer,
            ]);
          else
            dependencies.reply(
              { type: 'failure', id: request.id, kind: encoded.error.kind, message: encoded.error.message },
              [],
            );
        });
      case 'dataset':
        return answered(request, async (signal) => {
          const store = await dependencies.store();
          const answer = await answerOf(store, request, signal);
          dependencies.reply({ type: 'answer', id: request.id, answer }, []);
        });
      case 'cancel':
        return cancel(request);
      default:
        return request satisfies never;
    }
  };

  async function answerOf(
    store: DatasetStore,
    { id, question }: DatasetRequest,
    signal: AbortSignal,
  ): Promise<DatasetAnswer> {
    if (question.type === 'read-again') {
      const { readAgain } = await import('./reading-again.ts');
      const { decodeImage } = dependencies;
      const onProgress = throttledProgress(id, dependencies);
      return readAgain(store, question, { signal, decodeImage, onProgress }, describeSource);
    }
    const { exploring } = await import('./exploring.ts');
    explored ??= exploring();
    const told = throttledProgress(id, dependencies, () => 'Working it out');
    return explored.answer(store, question, { signal, onProgress: (share) => told(share, 0) });
  }

  function cancel(request: CancelRequest): void {
    running.get(request.request)?.abort();
  }
}

async function looked(
  { id, files, reading }: LookRequest,
  onProgress: NonNullable<ImportOptions['onProgress']>,
  signal: AbortSignal,
): Promise<IngestReply> {
  // Only who brings data of their own needs it.
  const { lookAtFiles } = await import('../modalities/look-at-files.ts');
  const found = await lookAtFiles(
    files.map(({ path, file }) => ({ ...sourceOfBlob(path, file), reading })),
    { signal, onProgress },
  );
  return found.ok
    ? { type: 'looked', id, found: found.value }
    : { type: 'failure', id, kind: found.error.kind, message: found.error.message };
}

const inputOf = (request: EncodeRequest): Parameters<typeof encodeInput>[1] =>
  request.input.type === 'file'
    ? { type: 'file', file: sourceOfBlob(request.input.file.name, request.input.file) }
    : request.input;

interface Answer {
  readonly message: IngestReply;
  readonly transfer: ArrayBuffer[];
}

async function importInto(
  store: DatasetStore,
  request: ImportRequest,
  dependencies: IngestDependencies,
  signal: AbortSignal,
): Promise<Answer> {
  const finished = request.dataset === null ? undefined : await store.record(request.dataset);
  const options = (resumed: Resumed | undefined): ImportOptions => ({
    signal,
    decodeImage: dependencies.decodeImage,
    keepsUnlabelled: request.keepsUnlabelled,
    resumed,
    onProgress: throttledProgress(request.id, dependencies),
  });
  if (finished !== undefined) return addTo(store, finished, request, options(undefined));

  const cutOff = (await store.resumable()).find((one) => one.id === request.dataset);
  const keepsUnlabelled =
    request.keepsUnlabelled === true || cutOff?.source.endsWith(WITHOUT_LABELS) === true;
  const said = request.source.type === 'files' ? request.source.reading : undefined;
  const isSaid = Object.keys(said ?? {}).length > 0;
  const reading = cutOff !== undefined ? cutOff.reading : isSaid ? said : undefined;
  const draft: DatasetDraft = {
    id: request.dataset ?? dependencies.newId(),
    federation: request.federation,
    name: request.datasetName,
    contract: request.contract,
    source: describeSource(request.source, keepsUnlabelled),
    ...(reading === undefined ? {} : { reading }),
  };
  const writer = await store.write(draft);
  let durable = writer.resumed?.count ?? 0;
  const sink: ExampleSink = {
    async append(examples, position) {
      await writer.append(examples, position);
      durable += examples.count;
    },
  };
  let outcome: ImportOutcome;
  try {
    const { source } = request;
    // Said once, it holds for what is read on.
    const read = source.type === 'files' ? { ...request, source: { ...source, reading } } : request;
    outcome = await importSource(read, sink, {
      ...options(writer.resumed),
      keepsUnlabelled,
      isOwn: request.federation === null,
    });
  } catch (error) {
    // Whoever cancels a new import wants it gone. What met a full disk or a file gone stays resumable, for the person to decide.
    if (durable === 0 || (signal.aborted && writer.resumed === undefined)) await writer.discard();
    throw error;
  }
  if (outcome.report.accepted === 0 || outcome.report.unfit !== null) {
    await writer.discard();
    return { message: { type: 'refused', id: request.id, report: outcome.report }, transfer: [] };
  }
  const { refused, broken } = outcome.report;
  const record = await writer.finish(
    request.source.type === 'files' ? { refused, broken: withFewerPlaces(broken) } : undefined,
  );
  return imported(request.id, record, outcome);
}

/** Kept with the dataset: enough places to find a mistake by. */
const KEPT_PLACES = 50;
const withFewerPlaces = (broken: readonly BrokenRule[]): BrokenRule[] =>
  broken.map((rule) => ({ ...rule, places: rule.places.slice(0, KEPT_PLACES) }));

/** More examples for a finished dataset: a drawing, a photo, another file. */
async function addTo(
  store: DatasetStore,
  finished: DatasetRecord,
  request: ImportRequest,
  options: ImportOptions,
): Promise<Answer> {
  const parts: Examples[] = [];
  const sink: ExampleSink = {
    append(examples) {
      parts.push(examples);
      return Promise.resolve();
    },
  };
  const outcome = await importSource({ ...request, contract: finished.contract }, sink, options);
  const examples = joinExamples(parts);
  if (examples === undefined || outcome.report.unfit !== null)
    return { message: { type: 'refused', id: request.id, report: outcome.report }, transfer: [] };
  options.signal?.throwIfAborted();
  const sounds = parts.flatMap((part) => part.sounds ?? []);
  const record = await store.add(finished.id, sounds.length === 0 ? examples : { ...examples, sounds });
  const added = record.count - finished.count;
  const report = {
    ...outcome.report,
    accepted: added,
    duplicates: outcome.report.duplicates + examples.count - added,
  };
  return imported(request.id, record, { ...outcome, report });
}

const imported = (id: number, record: DatasetRecord, outcome: ImportOutcome): Answer => ({
  message: { type: 'imported', id, record, report: outcome.report, preview: outcome.preview },
  transfer: [],
});

function importSource(
  request: Pick<ImportRequest, 'source' | 'contract'>,
  sink: ExampleSink,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const { source, contract } = request;
  switch (source.type) {
    case 'files':
      return importFiles(
        source.files.map(({ path, file }) => ({ ...sourceOfBlob(path, file), reading: source.reading })),
        contract,
        sink,
        options,
      );
    case 'sample':
      return importSample(source, contract, sink, options);
    case 'picture':
      return importPicture(
        { picture: source, origin: source.origin, label: source.label },
        contract,
        sink,
        options,
      );
    default:
      return source satisfies never;
  }
}

/** What a person recognises, and what tells one set of files from another when an import is continued. */
export function describeSource(source: ImportSource, keepsUnlabelled = false): string {
  return keepsUnlabelled ? `${placeOf(source)}${WITHOUT_LABELS}` : placeOf(source);
}

function placeOf(source: ImportSource): string {
  switch (source.type) {
    case 'files': {
      const bytes = source.files.reduce((total, { file }) => total + file.size, 0);
      const [first] = source.files;
      const name =
        source.files.length === 1 && first !== undefined
          ? fileName(first.path)
          : spokenFiles(source.files.length);
      return `${name} (${bytes.toLocaleString('en')} bytes)`;
    }
    case 'sample':
      return `sample: ${samples[source.sample].title}, ${source.count.toLocaleString('en')} examples, seed ${source.seed}`;
    case 'picture':
      return source.origin === 'drawn' ? 'drawn here' : 'camera';
    default:
      return source satisfies never;
  }
}

function throttledProgress(
  id: number,
  dependencies: IngestDependencies,
  words = (examples: number): string => `Read ${examples.toLocaleString('en')} examples`,
): NonNullable<ImportOptions['onProgress']> {
  let last = -Infinity;
  return (fraction, examples) => {
    const now = performance.now();
    if (now - last < PROGRESS_EVERY_MS && fraction !== 1) return;
    last = now;
    dependencies.reply({ type: 'progress', id, fraction, examples, message: words(examples) }, []);
  };
}

/** A short code and a sentence that a person can act on. */
function failure(error: unknown): { readonly kind: string; readonly message: string } {
  if (error instanceof StorageFull)
    return {
      kind: 'storage-full',
      message: `${error.message} Delete a dataset here or free space on this device, then continue the import with the same files.`,
    };
  if (error instanceof DataLocked) return { kind: error.kind, message: error.message };
  if (error instanceof DatasetMoved)
    return {
      kind: 'moved',
      message: 'This dataset was changed in another tab. Look at it again, then make your change.',
    };
  if (error instanceof QuestionRefused) return { kind: error.kind, message: error.message };
  if (error instanceof ImportMismatch) return { kind: 'other-files', message: error.message };
  if (error instanceof SourceChanged)
    return {
      kind: 'other-files',
      message: `${error.message} Choose the same files as before, or delete the unfinished import and start again.`,
    };
  if (error instanceof DOMException && error.name === 'NotReadableError')
    return {
      kind: 'unreadable-file',
      message: 'The file changed or went away while it was read. Choose it again.',
    };
  const text = error instanceof Error ? error.message : String(error);
  return { kind: 'import-failed', message: `The import ended with an error: ${text}` };
}
