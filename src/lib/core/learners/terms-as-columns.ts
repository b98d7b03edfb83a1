// For models that know columns of numbers alone (trees, neighbours, networks): the terms that most texts hold, each as a column of its own.
// What is lost are the rarer ones, which a line over all terms has.
import { encodedWidth, type DataContract, type TableColumn, type TermsColumn } from '../data/contract.ts';
import { MOST_VALUES } from '../recipe/encode.ts';

/** Of one column of texts: what is common comes first among its terms (core/recipe/steps/terms.ts). */
const MOST_COLUMNS = 300;

export interface Unfolded {
  readonly contract: DataContract;
  /** [count, F] as they were encoded to [count, F'] of the contract above. */
  rows(features: Uint8Array | Float32Array, count: number): Float32Array<ArrayBuffer>;
  /** Why so many rows are more than is held at once, in a sentence; undefined: they are not. */
  tooLarge(count: number): string | undefined;
  /** The same rows in parts that fit a tenth of that: asked about one after the other, a model answers any number. */
  parts(
    features: Uint8Array | Float32Array,
    count: number,
  ): Iterable<{ readonly features: Float32Array<ArrayBuffer>; readonly count: number }>;
}

/** What a model says of parts, as one. */
export function joinedOutputs(parts: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** undefined where the contract has no terms. */
export function unfolded(contract: DataContract): Unfolded | undefined {
  if (contract.kind !== 'table' || !contract.columns.some(({ type }) => type === 'terms')) return undefined;
  const columns = contract.columns.flatMap((column): TableColumn[] =>
    column.type === 'terms' ? columnsOf(column) : [column],
  );
  const width = contract.columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const wide = columns.reduce((sum, column) => sum + encodedWidth(column), 0);
  const rowsAtOnce = Math.max(1, Math.floor(MOST_VALUES / 10 / wide));
  const unfoldedRows = (features: Uint8Array | Float32Array, count: number): Float32Array<ArrayBuffer> => {
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
  };
  return {
    contract: { ...contract, columns },
    tooLarge: (count) =>
      wide * count <= MOST_VALUES
        ? undefined
        : `It takes each of the commonest terms as a column, which makes ${wide} × ${count} values, more than is held in memory here. Choose a line (linear, logistic), which takes all terms as they are, or take a sample of the rows.`,
    rows: unfoldedRows,
    *parts(features, count) {
      for (let from = 0; from < count; from += rowsAtOnce) {
        const until = Math.min(count, from + rowsAtOnce);
        const own = features.subarray(from * width, until * width);
        yield { features: unfoldedRows(own, until - from), count: until - from };
      }
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
