// Groups of rows that nobody has named: found by a grouper, and asked what they are worth, what they are like, and whether they are what a
// column already says. All of it can be written down but the model; rows themselves are not in it.
import { adjustedRandIndex, crossingOf } from '../../../core/grouping/rand-index.ts';
import { chanceOf, distinctPoints, type Chance } from '../../../core/grouping/chance.ts';
import { encodedPoints, pointColumns } from '../../../core/grouping/encoded-points.ts';
import type { Assigner, GroupPoints, Tried } from '../../../core/grouping/grouper.ts';
import { profileOf, type ColumnShare, type Middle } from '../../../core/grouping/profile.ts';
import { drawnRows, MOST_SAMPLED, sampleOf, silhouettes } from '../../../core/grouping/silhouette.ts';
import type { Digest } from '../../../core/ids.ts';
import type { LearntPart } from '../../../core/learners/learner.ts';
import { unfolded } from '../../../core/learners/terms-as-columns.ts';
import type { OptionValues } from '../../../core/named-options.ts';
import { fail, ok, type Result } from '../../../core/result.ts';
import { digestOfParts } from '../fit.ts';
import type { ChosenModel } from '../models.ts';
import { isOneRow } from './one-row.ts';
import { groupContract, groupName, type GroupData, type LeftOutColumn } from './group-data.ts';

export interface FoundGroup {
  /** "group 1" */
  readonly name: string;
  readonly rows: number;
  /** All of its rows are alike: its middle is one of them. Absent from what an earlier program kept. */
  readonly isOneRow?: boolean;
  /** Mean, of its rows in the sample; null where none of them is. */
  readonly silhouette: number | null;
  /** [at most DRAWN], of its rows in the sample, the largest first. */
  readonly silhouettes: readonly number[];
  /** Of `columns`, in their order there. */
  readonly middles: readonly Middle[];
  /** Rows of its file nearest to the middle, from 1; and their places among all rows of the table, from 0. */
  readonly typical: readonly { readonly row: number; readonly place: number }[];
}

/** Groups beside what a column says. */
export interface HeldAgainstColumn {
  readonly name: string;
  /** The groups are made of it, too: that they agree is no wonder. */
  readonly isUsed: boolean;
  readonly values: readonly string[];
  /** [groups, values]: rows; those without a value are in none. */
  readonly rows: readonly (readonly number[])[];
  readonly adjustedRand: number;
}

export interface FoundGroups {
  readonly model: string;
  readonly title: string;
  readonly options: OptionValues;
  readonly digest: Digest;
  readonly bytes: number;
  readonly seed: number;
  /** Over the rows as they were read. */
  readonly data: Digest;
  readonly rows: number;
  /** The most rows first. */
  readonly groups: readonly FoundGroup[];
  /** Those that tell the groups apart most first; none where they mean nothing to a person. */
  readonly columns: readonly ColumnShare[];
  readonly silhouette: number;
  /** Rows that it is the mean of: all, or a sample that the seed draws. */
  readonly silhouetteRows: number;
  /** Σ of squared distances of all points from the middle of their group. */
  readonly inertia: number;
  /** Where the number of groups was chosen, each that was tried. */
  readonly tried: readonly Tried[];
  /** What columns that are shuffled come to; null: there is one column only, and shuffling it changes nothing. */
  readonly chance: Chance | null;
  readonly verdict: 'groups' | 'no groups' | 'unknown';
  /** In a sentence. */
  readonly says: string;
  readonly comparisons: readonly HeldAgainstColumn[];
  /** The column that they were to be held against from the first; null: none. */
  readonly target: string | null;
  readonly used: readonly string[];
  readonly leftOut: readonly LeftOutColumn[];
  readonly notes: readonly string[];
}

export interface GroupsOutcome {
  readonly found: FoundGroups;
  readonly assigner: Assigner;
  /** As a file keeps it: of what a network sees, its parameters first. */
  readonly learnt: readonly LearntPart[];
}

/** What is being done, and the share of all of it that is. */
export interface GroupsStep {
  readonly says: string;
  readonly share: number;
}

/** Bars of one group that can be told apart in a picture. */
const DRAWN = 80;

/** Refused in a sentence where these rows cannot be grouped so. */
export function* findGroups(
  data: GroupData,
  { model, options }: ChosenModel,
  { seed, target }: { readonly seed: number; readonly target: string | null },
): Generator<GroupsStep, Result<GroupsOutcome, string>, undefined> {
  if (model.type !== 'grouper') throw new Error(`${model.title} finds no groups.`);
  const { grouper } = model;
  const contract = groupContract(data.columns, 2);
  const large = unfolded(contract)?.tooLarge(data.count);
  if (large !== undefined) return fail(large);
  const points = encodedPoints(contract, data.features, data.count);
  const columns = pointColumns(contract);
  const distinct = distinctPoints(points);
  const unsuited = grouper.unsuited({ count: points.count, distinct }, options);
  if (unsuited !== undefined) return fail(`${model.title} does not suit these rows: ${unsuited}`);
  const sampled = drawnRows(points.count, MOST_SAMPLED, seed, 'silhouettes');
  const sample = yield* stage('Distances between rows', 0, 0.05, sampleOf(points, sampled));
  const grouping = grouper.group({ points, sample, distinct, options, seed });
  const grouped = yield* stage('Looking for groups', 0.05, 0.5, grouping);
  const { groupOf, groups, tried } = grouped;
  const each = silhouettes(sample, groupOf, groups);
  const silhouette = each.reduce((sum, one) => sum + one, 0) / each.length;
  const shuffled = chanceOf(grouper, points, columns, options, seed);
  const chance =
    columns.length < 2 ? null : yield* stage('The same with shuffled columns', 0.55, 0.44, shuffled);
  const profile = profileOf(points, columns, groupOf, groups);
  const areAlike = alikeGroups(points, groupOf, groups);
  const telling = data.areNamed ? profile.columns : [];
  const order = telling.map(({ name }) => columns.findIndex((column) => column.name === name));
  const verdict = verdictOf(silhouette, chance);
  const { embedding } = model;
  const learnt = embedding === undefined ? grouped.learnt : [embedding.parameters, ...grouped.learnt];
  const found: FoundGroups = {
    model: model.name,
    title: model.title,
    options,
    digest: digestOfParts(learnt),
    bytes: learnt.reduce((sum, part) => sum + part.byteLength, 0),
    seed,
    data: data.digest,
    rows: data.count,
    groups: profile.groups.map(({ rows, middles, typical }, group) => {
      const own = each.filter((_, at) => groupOf[sampled[at]!] === group).sort((a, b) => b - a);
      return {
        name: groupName(group),
        rows,
        isOneRow: areAlike[group]!,
        silhouette: own.length === 0 ? null : own.reduce((sum, one) => sum + one, 0) / own.length,
        silhouettes: thinned(own),
        middles: order.map((at) => middles[at]!),
        typical: typical.map((at) => ({ row: data.placeOf(at), place: data.originOf(at) })),
      };
    }),
    columns: telling,
    silhouette,
    silhouetteRows: sampled.length,
    inertia: profile.inertia,
    tried,
    chance,
    verdict,
    says: saysOf(verdict, groups, silhouette, chance),
    comparisons: data.comparable.map(({ name, values, codes, isUsed }) => {
      const rows = crossingOf([groupOf, groups], [codes, values.length]);
      return { name, isUsed, values, rows, adjustedRand: adjustedRandIndex(rows) };
    }),
    target,
    used: data.used,
    leftOut: data.leftOut,
    notes: data.notes,
  };
  return ok({ found, assigner: grouped, learnt });
}

/** The centre of a group whose rows are all alike is one of them. */
export const holdsRowsOf = ({ groups }: FoundGroups): boolean => groups.some(isOneRow);

/** Of each group whether its rows are the same point. */
function alikeGroups({ count, size, values }: GroupPoints, groupOf: Int32Array, groups: number): boolean[] {
  const first = new Int32Array(groups).fill(-1);
  const alike = Array.from({ length: groups }, () => true);
  for (let row = 0; row < count; row += 1) {
    const group = groupOf[row]!;
    if (first[group] === -1) first[group] = row;
    for (let at = 0; alike[group] === true && at < size; at += 1)
      alike[group] = values[row * size + at] === values[first[group]! * size + at];
  }
  return alike;
}

function* stage<R>(
  says: string,
  from: number,
  part: number,
  steps: Generator<number, R, undefined>,
): Generator<GroupsStep, R, undefined> {
  yield { says, share: from };
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield { says, share: from + part * step.value };
  }
}

const verdictOf = (silhouette: number, chance: Chance | null): FoundGroups['verdict'] =>
  chance === null
    ? 'unknown'
    : chance.silhouettes.every((shuffled) => silhouette > shuffled)
      ? 'groups'
      : 'no groups';

function saysOf(
  verdict: FoundGroups['verdict'],
  groups: number,
  silhouette: number,
  chance: Chance | null,
): string {
  const told = `The mean silhouette of ${groups} groups is ${silhouette.toFixed(3)}`;
  if (verdict === 'unknown' || chance === null)
    return `${told}. There is one column only: whether chance makes such groups is asked by shuffling columns against each other, which takes two.`;
  const best = (chance.silhouettes[0] ?? 0).toFixed(3);
  const asGood = chance.silhouettes.filter((shuffled) => shuffled >= silhouette).length;
  return verdict === 'groups'
    ? `${told}, and none of ${chance.silhouettes.length} shufflings of the columns comes above ${best}: what columns have to do with each other makes them (columns that rise together are enough for that).`
    : `${told}, and ${asGood} of ${chance.silhouettes.length} shufflings of the columns come to as much or more, ${best} at best: rows whose columns have nothing to do with each other fall apart as well.`;
}

/** Evenly, the first and the last among them. */
const thinned = (sorted: Float64Array): readonly number[] =>
  sorted.length <= DRAWN
    ? [...sorted]
    : Array.from({ length: DRAWN }, (_, at) => sorted[Math.round((at * (sorted.length - 1)) / (DRAWN - 1))]!);
