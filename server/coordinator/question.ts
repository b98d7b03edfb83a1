// What a federation is for and what a version must reach to be live: changed at any time, also while a run is on, which goes on under
// the brief that it was started with.
import { checkGates } from '#lib/core/gates/check-gates.ts';
import { tallyShapeOf } from '#lib/core/federated-model.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import type { ChangedQuestion } from '#lib/protocol/briefs.ts';
import type { FederationRecord } from '../ports/records.ts';
import type { ActionRefusal } from './actions.ts';
import { changeOfBrief, numbered } from './briefs.ts';
import type { Federation } from './federation.ts';
import { promote } from './live-version.ts';

export function changeQuestion(
  federation: Federation,
  { brief: wanted, gates }: ChangedQuestion,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record } = federation;
    const before = record.spec.brief;
    const brief = numbered(before, wanted);
    const spec = { ...record.spec, brief, gates };
    const issues = checkGates(spec, tallyShapeOf(spec).type).map(({ path, message }) => ({ path, message }));
    const [issue] = issues;
    if (issue !== undefined) return fail<ActionRefusal>({ error: 'invalid', message: issue.message, issues });
    const next: FederationRecord = { ...record, spec };
    await federation.write([
      { type: 'change-federation', record: next },
      federation.entry('question-changed', { ...changeOfBrief(before, brief), gates }),
    ]);
    federation.record = next;
    federation.briefs.changed(brief, federation.around.clock.now());
    await promote(federation, 'all');
    federation.changed();
    return ok(undefined);
  });
}
