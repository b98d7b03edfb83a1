// What an audit found: each finding names the very row.

export interface Finding {
  /** The table, "blobs" or "database". */
  readonly table: string;
  readonly federation: string | null;
  /** Which row: "sequence 12", "version 3", "round 4, participant 0f…"; null: the whole table. */
  readonly row: string | null;
  /** What is wrong with it, in a sentence. */
  readonly problem: string;
}

export const findingLine = ({ table, federation, row, problem }: Finding): string =>
  `${[table, federation, row].filter((part) => part !== null).join(' · ')}: ${problem}`;

const TEXT_SHOWN = 200;

/** An error as part of a sentence. */
export const because = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, TEXT_SHOWN) ?? '';
