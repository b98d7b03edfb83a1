// Which part of the rows a condition of the form is about: what the data contract offers, as options of a list, and back.
import type { DataContract } from '#lib/core/data/contract.ts';
import { sliceOf } from '#lib/core/gates/asks-slices.ts';
import type { Gate } from '#lib/core/gates/gate.ts';
import type { Slice } from '#lib/core/gates/slice.ts';
import { isCut, partsOf } from '#lib/core/statistics/parts.ts';

export const takesSlice = (gate: Gate): gate is Extract<Gate, { kind: 'quality' | 'class' }> =>
  gate.kind === 'quality' || gate.kind === 'class';

/** Another slice of the same figure; undefined: all rows. A figure that is of no rows stays as it is. */
export function withSlice(gate: Gate, slice: Slice | undefined): Gate {
  if (!takesSlice(gate)) return gate;
  const { slice: _, threshold, ...rest } = gate;
  // In the order of the schema, by which figures are told apart.
  return { ...rest, ...(slice === undefined ? {} : { slice }), threshold } as Gate;
}

export interface SliceChoice {
  /** The value of its option; empty: all rows. */
  readonly text: string;
  readonly title: string;
}

const textOf = ({ column, part }: Pick<Slice, 'column' | 'part'>): string => JSON.stringify([column, part]);
export const sliceText = (gate: Gate): string => {
  const slice = sliceOf(gate);
  return slice === undefined ? '' : textOf(slice);
};

/** What an option says, with the least that the slice asked for before. */
export function readSlice(text: string, { leastRows, leastDevices }: Partial<Slice> = {}): Slice | undefined {
  if (text === '') return undefined;
  const [column, part] = JSON.parse(text) as [string, string | null];
  return {
    column,
    part,
    ...(leastRows === undefined ? {} : { leastRows }),
    ...(leastDevices === undefined ? {} : { leastDevices }),
  };
}

const titleOf = (column: string, part: string | null): string =>
  part === null ? `the part of “${column}” where it is worst` : `where ${column} ${part}`;

/** One that the contract offers no longer is shown still, to be seen and mended. */
export function sliceChoices(contract: DataContract | undefined, gate: Gate): readonly SliceChoice[] {
  const columns = contract?.kind === 'table' ? contract.columns.filter(isCut) : [];
  const offered = columns.flatMap((column) =>
    [null, ...partsOf(column)].map((part) => ({
      text: textOf({ column: column.name, part }),
      title: titleOf(column.name, part),
    })),
  );
  const slice = sliceOf(gate);
  const own = slice === undefined || offered.some(({ text }) => text === textOf(slice));
  return [
    { text: '', title: 'all held-out rows' },
    ...offered,
    ...(own ? [] : [{ text: textOf(slice), title: titleOf(slice.column, slice.part) }]),
  ];
}
