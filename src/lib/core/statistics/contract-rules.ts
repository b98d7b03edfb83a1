// How well the devices' files kept the data contract: so many devices were checked, so many lost no row, and by column so many broke a rule of
// each kind. Each device counts once; no row, value or number of rows leaves it.
import * as v from 'valibot';
import type { DataContract } from '../data/contract.ts';
import type { Statistic } from './statistic.ts';

/** What can be wrong with a column, and which findings of an import say so (modalities/import-report.ts); all others are of no column. */
export const kinds = ['missing', 'unreadable', 'out of range', 'other'] as const;
type Kind = (typeof kinds)[number];
const kindOf: Readonly<Record<string, Kind>> = {
  'missing-column': 'missing',
  'missing-value': 'missing',
  'too-many-missing': 'missing',
  'not-a-number': 'unreadable',
  'not-a-time': 'unreadable',
  'unknown-category': 'unreadable',
  'unknown-class': 'unreadable',
  'out-of-range': 'out of range',
};

export const Asked = v.strictObject({ statistic: v.literal('contract-rules') });
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('contract-rules'),
  /** Devices whose files were checked, and those of them that lost no row. */
  checked: v.number(),
  whole: v.number(),
  /** Devices in which a rule of the kind was broken, by column; the target and what is of no column are among them. */
  columns: v.array(v.strictObject({ name: v.string(), broken: v.array(v.number()) })),
});
export type Figures = v.InferOutput<typeof Figures>;

/** What is of no column: empty files, rows that stand twice. */
const ELSEWHERE = 'whole rows and files';

const namesOf = (contract: DataContract): string[] =>
  contract.kind === 'table'
    ? [...contract.columns.map(({ name }) => name), contract.target.name, ELSEWHERE]
    : [ELSEWHERE];

export const statistic: Statistic<Asked, Figures> = {
  name: 'contract-rules',
  title: 'Rules of the data contract',
  per: 'device',
  of: 'data',
  check: () => undefined,
  // A device that broke everything, at worst.
  shape(_, contract) {
    const cells = kinds.length * namesOf(contract).length;
    return { counts: 2 + cells, sums: 0, reach: Math.sqrt(2 + cells) };
  },
  measure(asked, measured) {
    const { contract, checked } = measured;
    const values = new Float64Array(statistic.shape(asked, contract).counts);
    if (checked === undefined) return values;
    values[0] = 1;
    values[1] = checked.refused === 0 ? 1 : 0;
    const names = namesOf(contract);
    for (const { kind, column } of checked.broken) {
      const found = column === null ? -1 : names.indexOf(column);
      const at = found < 0 ? names.length - 1 : found;
      values[2 + at * kinds.length + kinds.indexOf(kindOf[kind] ?? 'other')] = 1;
    }
    return values;
  },
  read(_, contract, { values }) {
    const told = (value: number | undefined): number => Math.max(0, Math.round(value ?? 0));
    return {
      statistic: 'contract-rules',
      checked: told(values[0]),
      whole: told(values[1]),
      columns: namesOf(contract).map((name, at) => ({
        name,
        broken: kinds.map((_kind, kind) => told(values[2 + at * kinds.length + kind])),
      })),
    };
  },
};
