// An example file of a table becomes a draft of its contract, in this browser alone: the first 4 MB are read, nothing is sent.
import type { TableContract } from '#lib/core/data/contract.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { detectDelimiter, firstRecords } from '#lib/modalities/table/header.ts';
import { inferTableContract } from '#lib/modalities/table/infer-contract.ts';
import { headText, notTextBecause } from '#lib/modalities/table/text-bytes.ts';

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
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return fail(
      `“${file.name}” could not be read. It may have been moved or changed since it was chosen: choose it again.`,
    );
  }
  if (bytes.length === 0) return fail(`“${file.name}” is empty. Choose a file with a header line and rows.`);
  const notText = notTextBecause(bytes);
  if (notText !== undefined) return fail(`“${file.name}” is not a table of text: ${notText}`);
  const isWhole = file.size <= HEAD_BYTES;
  const head = headText(bytes);
  const [header = [], ...rows] = firstRecords(
    head,
    detectDelimiter(head, isWhole, []),
    isWhole,
    MOST_ROWS + 1,
  );
  const names = header.map((name) => name.trim());

  const read = (target: string | undefined): Result<ExampleRead, string> => {
    const inferred = inferTableContract(names, rows, target);
    if (!inferred.ok) return fail(`“${file.name}”: ${inferred.error.message}`);
    const { contract, notes, targetCandidates } = inferred.value;
    return ok({
      fileName: file.name,
      rows: rows.length,
      isWhole: isWhole && rows.length < MOST_ROWS,
      contract,
      targets: targetCandidates,
      notes,
      withTarget: read,
    });
  };
  return read(undefined);
}
