// A group whose rows are all alike has one of them as its middle: what is said of it says a row.
import type { FoundGroup, FoundGroups } from './find-groups.ts';

/** `rows`: of a group that an earlier program found. */
export const isOneRow = (group: Pick<FoundGroup, 'rows' | 'isOneRow'>): boolean =>
  group.isOneRow === true || group.rows === 1;

/** What is kept of groups once the rows are erased: no middle that was one of them. */
export const withoutRowsOf = (found: FoundGroups): FoundGroups => ({
  ...found,
  groups: found.groups.map((group) => (isOneRow(group) ? { ...group, middles: [], typical: [] } : group)),
});
