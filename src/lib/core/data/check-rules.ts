// What the rules of a data contract must be, beyond their schema: patterns that can be read, one group, and no rule twice.
import type { DataContract } from './contract.ts';
import { readPattern } from './pattern.ts';

export function ruleIssues(
  contract: DataContract,
): readonly { readonly path: string; readonly message: string }[] {
  if (contract.kind !== 'table') return [];
  const rules = contract.rules ?? [];
  return rules.flatMap((rule, index) => {
    const issues: { path: string; message: string }[] = [];
    if (rules.findIndex((other) => other.type === rule.type && other.column === rule.column) < index)
      issues.push({ path: `rules.${index}`, message: `“${rule.column}” has the rule ${rule.type} twice.` });
    if (rule.type === 'group' && rules.findIndex((other) => other.type === 'group') < index)
      issues.push({ path: `rules.${index}`, message: 'Rows can be held together by one column only.' });
    if (rule.type === 'pattern') {
      const read = readPattern(rule.pattern);
      if (!read.ok)
        issues.push({
          path: `rules.${index}.pattern`,
          message: `This pattern cannot be read: ${read.error}.`,
        });
    }
    return issues;
  });
}
