// Centres as JSON that a person can read and another program can use: encoded as rows are, which is what distances are taken in, and
// for tables in the columns' own units beside it.
import type { ModelProblem } from '../aggregation/summed-model.ts';
import type { DataContract } from '../data/contract.ts';
import { ok, type Result } from '../result.ts';
import type { Clusters } from './clusters.ts';

/** The text of a version: JSON, two spaces. Refused where it has no centres yet, or is another model's. */
export function writeClusters(
  model: Clusters,
  contract: DataContract,
  parameters: Float32Array,
): Result<string, ModelProblem> {
  const centres = model.centres(parameters);
  if (!centres.ok) return centres;
  const progress = model.progress(parameters);
  if (!progress.ok) return progress;
  const { size, spec } = model.layout;
  const clusters = Array.from({ length: spec.clusters }, (_, index) => {
    const encoded = [...centres.value.subarray(index * size, (index + 1) * size)];
    return { cluster: index + 1, ...columnsOf(contract, encoded), encoded };
  });
  const text = {
    format: 'tributary-clusters',
    version: 1,
    settings: spec,
    rounds: progress.value.rounds,
    isComplete: progress.value.isComplete,
    /** A row belongs to the cluster whose encoded centre is nearest, by squared distance. */
    clusters,
  };
  return ok(JSON.stringify(text, null, 2));
}

/** Means of numbers in their own units, shares of categories and of missing cells; nothing for pictures and sound. */
function columnsOf(contract: DataContract, encoded: readonly number[]) {
  if (contract.kind !== 'table') return {};
  let at = 0;
  const columns = contract.columns.map((column) => {
    const { name } = column;
    if (column.type === 'category') {
      const shares = Object.fromEntries(column.categories.map((category, i) => [category, encoded[at + i]!]));
      at += column.categories.length;
      return { name, shares };
    }
    if (column.type !== 'number') throw new Error(`Column “${name}” holds texts, which no federation has.`);
    const mean = encoded[at]! * column.standardDeviation + column.mean;
    at += column.missingAllowed ? 2 : 1;
    return column.missingAllowed ? { name, mean, missing: encoded[at - 1]! } : { name, mean };
  });
  return { columns };
}
