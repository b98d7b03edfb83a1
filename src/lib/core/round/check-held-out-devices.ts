// Where no device can be held out, each with its reason: read by the server before anything is made of a spec, and by the form while
// it is typed.
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';

export function checkHeldOutDevices(
  spec: Pick<FederationSpec, 'rules' | 'privacy' | 'secureSum'>,
): readonly StrategyIssue[] {
  if (spec.rules.heldOutDevices === undefined) return [];
  const path = 'rules.heldOutDevices';
  const issues: StrategyIssue[] = [];
  if (spec.privacy.type !== 'none')
    issues.push({
      path,
      message:
        'Under privacy no device tells how a version does on its rows: devices that only judge would say nothing. Hold none out, or leave out privacy.',
    });
  if (secureSumOf(spec) !== undefined)
    issues.push({
      path,
      message:
        'Under secure aggregation no device tells how a version does on its rows: devices that only judge would say nothing. Hold none out, or read updates one by one.',
    });
  return issues;
}
