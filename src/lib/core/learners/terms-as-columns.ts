// For models that know columns of numbers alone (trees, neighbours, networks): the terms that most texts hold, each as a column of its own.
// What is lost are the rarer ones, which a line over all terms has.
import { encodedWidth, type DataContract, type TableColumn, type TermsColumn } from '../data/contract.ts';

/** Of one column of texts: what is common comes first among its terms (core/recipe/steps/terms.ts). */
const MOST_COLUMNS = 300;

export interface Unfolded {
  readonly contract: DataContract;
  /** [count, F] as they were encoded to [count, F'] of the contract above. */
  rows(features: Uint8Array | Float32Array, count: number): Float32Array<ArrayBuffer>;
}

/** undefined where the contract has no terms. */
export function unfolded(contract: DataContract): Unfolded | undefined {
  if (contract.kind !== 'table' || !contract.columns.some(({ type }) => type === 'terms')) return undefined;
  const columns = contract.columns.flatMap((column): TableColumn[] =>
    column.type === 'terms' ? columnsOf(column) : [column],
  );
  const width = contract.columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const wide = columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  return {
    contract: { ...contract, columns },
    rows(features, count) {
      const all = new Float32Array(count * wide);
      for (let row = 0; row < count; row += 1) {
        let from = row * width;
        let to = row * wide;
        for (const column of contract.columns) {
          const own = encodedWidth(column);
          if (column.type === 'terms') {
            const kept = Math.min(MOST_COLUMNS, column.terms.length);
            for (let at = from; at < from + own; at += 2)
              if (features[at]! < kept && features[at + 1] !== 0) all[to + features[at]!] = features[at + 1]!;
            to += kept;
          } else {
            for (let i = 0; i < own; i += 1) all[to + i] = features[from + i]!;
            to += own;
          }
          from += own;
        }
      }
      return all;
    },
  };
}

const columnsOf = ({ name, terms }: TermsColumn): TableColumn[] =>
  terms.slice(0, MOST_COLUMNS).map((term) => ({
    type: 'number',
    name: `${name}: ${term}`,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  }));
