// What lies in files that a person brings without a contract: the columns of a table, pictures, or recordings.
import { fail, ok, type Result } from '../core/result.ts';
import { areRecordings, inferAudio, type InferredAudio } from './audio/infer-audio.ts';
import { inferContract, inferPictures, type InferredPictures } from './infer.ts';
import { withLabelLists } from './label-list.ts';
import { isHidden, signatureOf, type SourceFile } from './source-file.ts';
import type { InferenceProblem } from './table/infer-contract.ts';
import { openedTables } from './table/packed-tables.ts';
import { tableFacts, type FactsOptions, type TableFacts } from './table/table-facts.ts';

export type FilesFound =
  | { readonly type: 'table'; readonly facts: TableFacts }
  /** `classes`: as folders or labels name them; none where the pictures are still to be labelled. */
  | {
      readonly type: 'pictures';
      readonly size: InferredPictures['size'];
      readonly classes: readonly string[];
      readonly notes: readonly string[];
    }
  | ({ readonly type: 'recordings' } & InferredAudio);

/** Reads tables to their end. Refused with a sentence where nothing can be made of the files; rejects with the signal's reason. */
export async function lookAtFiles(
  files: readonly SourceFile[],
  options: FactsOptions = {},
): Promise<Result<FilesFound, InferenceProblem>> {
  const listed = await withLabelLists(files, options);
  const visible = (await openedTables(listed.files, options.signal)).filter(
    (file) => !isHidden(file.path) && file.size > 0,
  );
  const [first] = visible;
  const signature = first === undefined ? undefined : signatureOf(await first.read(0, 16));
  if (first !== undefined && signature === undefined) {
    const facts = await tableFacts(visible, options);
    return facts.ok ? ok({ type: 'table', facts: facts.value }) : facts;
  }
  if (await areRecordings(visible)) {
    const drafted = await inferAudio(visible, options.signal);
    return drafted.ok
      ? ok({ type: 'recordings', ...drafted.value, notes: [...listed.notes, ...drafted.value.notes] })
      : drafted;
  }
  if (first !== undefined && signature !== 'gzip' && signature !== 'idx') {
    const drafted = await inferPictures(visible, options.signal);
    if (!drafted.ok) return drafted;
    const { size, folders, notes } = drafted.value;
    return ok({
      type: 'pictures',
      size,
      classes: folders.length < 2 ? [] : folders,
      notes: [...listed.notes, ...notes],
    });
  }
  const drafted = await inferContract(visible);
  if (!drafted.ok) return drafted;
  const { contract, notes } = drafted.value;
  if (contract.kind !== 'image')
    return fail({
      kind: 'unsupported',
      message: 'These files are of more than one kind. Choose files of one.',
    });
  const { height, width, channels, classes } = contract;
  return ok({ type: 'pictures', size: { height, width, channels }, classes, notes });
}
