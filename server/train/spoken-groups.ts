// Groups that were found, in sentences.
import { middleWords } from '#lib/participant/workbench/grouping/group-words.ts';
import type { FoundGroups } from '#lib/participant/workbench/grouping/find-groups.ts';

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const short = (value: number): string => String(Number(value.toPrecision(4)));
const TELLING = 6;

export function spokenGroups(found: FoundGroups): string[] {
  const { columns, groups, tried, comparisons, target } = found;
  const shown = columns.slice(0, TELLING).filter(({ share }) => share > 0);
  const held = comparisons.find(({ name }) => name === target);
  return [
    ...tried.map(
      (one) =>
        `  ${one.groups} groups: silhouette ${one.silhouette.toFixed(4)}, inertia ${short(one.inertia)}${one.groups === groups.length ? ' ←' : ''}`,
    ),
    `${found.verdict === 'no groups' ? 'No groups. ' : ''}${found.says}${
      found.silhouetteRows < found.rows
        ? ` Silhouettes are of ${found.silhouetteRows.toLocaleString('en')} rows, drawn by the seed.`
        : ''
    }`,
    ...groups.flatMap((group) => [
      `${group.name}: ${group.rows.toLocaleString('en')} rows (${percent(group.rows / found.rows)})${
        group.silhouette === null ? '' : `, silhouette ${group.silhouette.toFixed(3)}`
      }; most like it rows ${group.typical.map(({ row }) => row).join(', ')}`,
      ...(shown.length === 0
        ? []
        : [`  ${shown.map(({ name }, at) => `${name} ${middleWords(group.middles[at]!)}`).join(', ')}`]),
    ]),
    ...(shown.length === 0
      ? []
      : [
          `What tells them apart: ${shown.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')} (of each column’s variance, what lies between the groups).`,
        ]),
    ...(held === undefined
      ? []
      : [
          `Held against “${held.name}”: adjusted Rand index ${held.adjustedRand.toFixed(4)} (1: the same groups, 0: as chance would).`,
          ...groups.map(
            (group, at) =>
              `  ${group.name}: ${held.values.map((value, i) => `${value} ${held.rows[at]?.[i] ?? 0}`).join(', ')}`,
          ),
        ]),
  ];
}
