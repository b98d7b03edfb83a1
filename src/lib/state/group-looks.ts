// Groups that were found, as a page shows them: a colour and a mark each, the same wherever they stand.
import type { FoundGroups } from '../participant/workbench/grouping/find-groups.ts';
import { planeGroups, type PlaneGroup, type PlaneGroups } from './plane-groups.ts';

/** `groupOf`: of points that are drawn. */
export const groupsDrawn = (
  { groups }: Pick<FoundGroups, 'groups'>,
  groupOf: Int32Array<ArrayBuffer>,
): PlaneGroups => planeGroups({ type: 'classes', labels: groups.map(({ name }) => name), codes: groupOf });

/** [groups]: as they are drawn; the last of very many look alike. */
export function groupLooks(
  found: Pick<FoundGroups, 'groups'>,
): readonly Pick<PlaneGroup, 'colour' | 'mark'>[] {
  const { groups, of } = groupsDrawn(
    found,
    Int32Array.from(found.groups, (_, at) => at),
  );
  return Array.from(of, (at) => groups[at]!);
}

export const verdictLook = {
  groups: { tone: 'ok', title: 'There are groups' },
  'no groups': { tone: 'warn', title: 'No groups' },
  unknown: { tone: 'info', title: 'Groups of one column' },
} as const satisfies Record<FoundGroups['verdict'], { readonly tone: string; readonly title: string }>;
