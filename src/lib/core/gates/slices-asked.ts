// Which parts of rows devices are to count apart, by a federation's conditions for going live; and what is wrong with one of them.
import { classLabels, type DataContract } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';
import { metrics } from '../metrics/metric-list.ts';
import type { MetricName } from '../metrics/metric-name.ts';
import { columnsOf, findColumn } from '../statistics/columns.ts';
import { isCut, partsOf } from '../statistics/parts.ts';
import { sliceOf } from './asks-slices.ts';
import type { Gate } from './gate.ts';
import { MOST_SLICES, type Slice } from './slice.ts';
import { isSecret } from './unmeasured.ts';

/** Of all parts' confusion matrices: what a device tells of a version is one message. */
const MOST_CELLS = 4096;
/** What devices tell of parts of two classes alone (participant/count-slices.ts). */
const ofScores: readonly MetricName[] = ['auc', 'brier', 'calibration-error'];

export interface NamedPart {
  readonly column: string;
  readonly part: string;
}

/** All parts of a column. */
const partsOfColumn = (column: string, contract: DataContract): readonly NamedPart[] =>
  columnsOf(contract, [column]).flatMap((found) => partsOf(found.column).map((part) => ({ column, part })));

/** The parts that a slice is about, in the order of the contract. */
export const partsIn = ({ column, part }: Slice, contract: DataContract): readonly NamedPart[] =>
  part === null ? partsOfColumn(column, contract) : [{ column, part }];

/**
 * Each part of the columns that conditions are about, once, of a spec that was checked. All parts of a column, whichever is named: of one
 * part at one version and another at the next, all rows less the one would tell of the other.
 */
export function slicesAsked({
  gates = [],
  contract,
}: Pick<FederationSpec, 'gates' | 'contract'>): NamedPart[] {
  const asked = new Map<string, NamedPart>();
  for (const gate of gates) {
    const slice = sliceOf(gate);
    for (const one of slice === undefined ? [] : partsOfColumn(slice.column, contract))
      asked.set(sliceKey(one), one);
  }
  return [...asked.values()];
}

export const sliceKey = ({ column, part }: NamedPart): string => JSON.stringify([column, part]);

/** In a sentence; undefined: devices can count it. */
export function sliceProblem(
  gate: Gate,
  spec: Pick<FederationSpec, 'contract' | 'privacy' | 'secureSum' | 'gates'>,
): string | undefined {
  const slice = sliceOf(gate);
  if (slice === undefined) return undefined;
  const { contract } = spec;
  if (isSecret(spec))
    return 'Under privacy or a secure sum no device tells counts of parts of its rows by itself: ask for them in a survey.';
  if (contract.kind !== 'table')
    return 'Parts are cut out by columns, which pictures and sounds have none of.';
  const column = findColumn(contract, slice.column)?.column;
  if (column === undefined) return `The data contract has no column “${slice.column}”.`;
  if (!isCut(column)) return `Column “${slice.column}” holds texts, which are cut into no parts.`;
  const parts = partsOf(column);
  if (slice.part !== null && !parts.includes(slice.part))
    return `Column “${slice.column}” has no part “${slice.part}”: it has ${parts.map((one) => `“${one}”`).join(', ')}.`;
  const classes = classLabels(contract)?.length ?? 0;
  if (gate.kind === 'quality' && ofScores.includes(gate.metric) && classes > 2)
    return `${metrics[gate.metric].title} of a part is counted of two classes alone: of more, what a device tells would be too long.`;
  const asked = (spec.gates ?? []).flatMap((one) => {
    const own = sliceOf(one);
    return own === undefined || findColumn(contract, own.column) === undefined
      ? []
      : partsOfColumn(own.column, contract);
  });
  const count = new Set(asked.map(sliceKey)).size;
  if (count > MOST_SLICES)
    return `The columns that conditions name have ${count} parts, all of which devices count, and ${MOST_SLICES} are the most: name fewer columns, or those of fewer parts.`;
  return count * classes ** 2 > MOST_CELLS
    ? `The columns that conditions name have ${count} parts, and what a device tells of so many of ${classes} classes would be too long: name fewer columns, or those of fewer parts.`
    : undefined;
}
