// An example file of a table becomes a draft of its contract, in this browser alone: the first 4 MB are read, nothing is sent.
import type { TableContract } from '#lib/core/data/contract.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { sourceOfBlob } from '#lib/modalities/source-file.ts';
import { inferTableContract } from '#lib/modalities/table/infer-contract.ts';
import { readHead } from '#lib/modalities/table/read-head.ts';

const HEAD_BYTES = 4 * 1024 * 1024;
const MOST_ROWS = 20_000;

export interface ExampleRead {
  readonly fileName: string;
  readonly rows: number;
  readonly isWhole: boolean;
  readonly contract: TableContract;
  /** Columns that could be the target, the likeliest first. */
  readonly targets: readonly string[];
  readonly notes: readonly string[];
  /** Drafts it again with another target. */
  readonly withTarget: (name: string) => Result<ExampleRead, string>;
}

/** Refusals are sentences that name the file. */
export async function readExample(file: File): Promise<Result<ExampleRead, string>> {
  if (file.size === 0) return fail(`“${file.name}” is empty. Choose a file with a header line and rows.`);
  let head: Awaited<ReturnType<typeof readHead>>;
  try {
    // Archives and workbooks are few among examples.
    const { openedTables } = await import('#lib/modalities/table/packed-tables.ts');
    const [opened = sourceOfBlob(file.name, file)] = await openedTables([sourceOfBlob(file.name, file)]);
    head = await readHead(opened, HEAD_BYTES, MOST_ROWS);
  } catch {
    return fail(
      `“${file.name}” could not be read. It may have been moved or changed since it was chosen: choose it again.`,
    );
  }
  if (!head.ok) return fail(`“${file.name}”: ${head.error.message}`);
  const { header: names, rows, declared, isWhole } = head.value;

  const read = (target: string | undefined): Result<ExampleRead, string> => {
    const inferred = inferTableContract(names, rows, target, true, declared);
    if (!inferred.ok) return fail(`“${file.name}”: ${inferred.error.message}`);
    const { contract, notes, targetCandidates } = inferred.value;
    return ok({
      fileName: file.name,
      rows: rows.length,
      isWhole,
      contract,
      targets: targetCandidates,
      notes,
      withTarget: read,
    });
  };
  return read(undefined);
}
