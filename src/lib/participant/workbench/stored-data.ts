// Rows of a dataset that this device keeps, as the workbench takes them. A table is decoded to its cells and goes the way of a file, so
// that nothing of how it was kept is learnt from held-out rows: the same rows by the command line have the same digest and figures.
import type { DataContract, TableContract } from '../../core/data/contract.ts';
import { thingOf } from '../../core/data/example-words.ts';
import { labelledExamples, UNLABELLED, type Examples } from '../../core/data/examples.ts';
import type { Recipe } from '../../core/recipe/recipe.ts';
import { fail, type Result } from '../../core/result.ts';
import { timeOf } from '../../core/series/time-columns.ts';
import { storedTable } from '../../modalities/stored-table.ts';
import type { SeriesSetup } from './run-manifest.ts';
import { keepsGroups } from './rows-held-out.ts';
import { firstWords, type HeldOutAs } from './hold-out.ts';
import { seriesData } from './series-data.ts';
import {
  examplesData,
  rawTableData,
  type BenchData,
  type TableRefusal,
  type TableSettings,
} from './bench-data.ts';

/** `target`: a column of the table; pictures and recordings have their labels alone, and no recipe, which left out is the usual one. Refused in a sentence. */
export function storedData(
  contract: DataContract,
  examples: Examples,
  target: string,
  split: HeldOutAs,
  recipe?: Recipe,
  series?: SeriesSetup,
): Result<BenchData, TableRefusal> {
  const refused = (message: string) => fail<TableRefusal>({ message, recipe: undefined });
  if (contract.kind !== 'table') {
    const labelled = labelledExamples(examples);
    const left = examples.count - labelled.count;
    const notes = left === 0 ? [] : [`${left} ${thingOf(contract)}s without a label are left out.`];
    const places = Array.from({ length: examples.count }, (_, at) => at + 1).filter(
      (at) => examples.targets[at - 1] !== UNLABELLED,
    );
    const placeOf = (example: number): number => places[example] ?? 0;
    const data = examplesData(contract, labelled, undefined, split, notes, placeOf);
    return data.ok ? data : refused(data.error);
  }
  const table = storedTable(contract, examples);
  if (!table.ok) return refused(table.error);
  if (series !== undefined) {
    const time = timeOf(contract);
    if (time.length === 0) return refused('No column of this table tells a time: there is no series in it.');
    const data = seriesData(table.value, {
      ...series,
      target,
      kind: kindOf(contract, target),
      without: [],
      heldOut: split.heldOut,
      time,
    });
    return data.ok ? data : refused(data.error);
  }
  // The column that names the groups is not kept: the first word of each row's hash stands for it.
  const groups = keepsGroups(contract) ? firstWords(examples.hashes) : undefined;
  return rawTableData(
    table.value,
    { ...split, target, kind: kindOf(contract, target), without: [], recipe },
    groups,
  );
}

/** As the contract has it; a column of numbers is told by its values, which may be the codes of classes. */
export function kindOf({ columns, target }: TableContract, name: string): TableSettings['kind'] {
  if (name === target.name) return target.type;
  return columns.find((column) => column.name === name)?.type === 'category' ? 'classes' : null;
}
