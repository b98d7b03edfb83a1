// What lies in files that a person brings without a contract: the columns of a table, or pictures in folders.
import type { ImageContract } from '../core/data/contract.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { draftPictures, inferContract, type PicturesDraft } from './infer.ts';
import { isHidden, signatureOf, type SourceFile } from './source-file.ts';
import type { InferenceProblem } from './table/infer-contract.ts';
import { tableFacts, type FactsOptions, type TableFacts } from './table/table-facts.ts';

export type FilesFound =
  | { readonly type: 'table'; readonly facts: TableFacts }
  | { readonly type: 'pictures'; readonly contract: ImageContract; readonly notes: readonly string[] }
  /** In no folders that could be classes: what they may show is for the person to say, and each is labelled by hand. */
  | ({ readonly type: 'loose-pictures' } & Pick<PicturesDraft, 'size' | 'notes'>);

/** Reads tables to their end. Refused with a sentence where nothing can be made of the files; rejects with the signal's reason. */
export async function lookAtFiles(
  files: readonly SourceFile[],
  options: FactsOptions = {},
): Promise<Result<FilesFound, InferenceProblem>> {
  const visible = files.filter((file) => !isHidden(file.path) && file.size > 0);
  const [first] = visible;
  if (first !== undefined && signatureOf(await first.read(0, 16)) === undefined) {
    const facts = await tableFacts(visible, options);
    return facts.ok ? ok({ type: 'table', facts: facts.value }) : facts;
  }
  const drafted = await inferContract(visible);
  if (!drafted.ok && drafted.error.kind === 'unknown-class') {
    const loose = await draftPictures(visible);
    if (loose.ok && loose.value.folders.length < 2)
      return ok({ type: 'loose-pictures', size: loose.value.size, notes: loose.value.notes });
  }
  if (!drafted.ok) return drafted;
  const { contract, notes } = drafted.value;
  return contract.kind === 'image'
    ? ok({ type: 'pictures', contract, notes })
    : fail({ kind: 'unsupported', message: 'These files are of more than one kind. Choose files of one.' });
}
