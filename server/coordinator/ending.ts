// How a run ends: because somebody says so, because a version reached its target, or because going on brings nothing.
import { bringsNothing } from '#lib/core/metrics/gain.ts';
import type { FederationRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';

/** Ends the run, and its open round with it. Within the queue. */
export async function finishRun(federation: Federation, outcome: string): Promise<void> {
  const at = federation.around.clock.now();
  await federation.feed({ type: 'cancelled', reason: outcome, at });
  const { run } = federation;
  const ended = run === undefined ? undefined : { ...run, endedAt: at, outcome };
  const record: FederationRecord = { ...federation.record, state: 'finished' };
  await federation.write([
    { type: 'change-federation', record },
    ...(ended === undefined ? [] : [{ type: 'put-run', record: ended } as const]),
    federation.entry('finished', { outcome }),
  ]);
  federation.endInterlude();
  federation.record = record;
  federation.run = ended;
  federation.changed();
}

/** Whether a version reached the target, or going on brings nothing, which ends the run. Within the queue. */
export async function finishAtTarget(federation: Federation): Promise<boolean> {
  const { record, versions, run } = federation;
  if (run === undefined || (record.state !== 'running' && record.state !== 'paused')) return false;
  const { rules, metric } = run.spec;
  // A buffer is always open, and tallies of a version come when newer ones are there already: any that enough devices have
  // judged ends the run.
  const reached =
    rules.mode.type === 'asynchronous'
      ? versions.newestReaching(metric, run.run, rules.minimum)
      : federation.openRound === undefined && versions.head.run === run.run && versions.headReaches(metric)
        ? versions.head.version
        : undefined;
  if (reached !== undefined) {
    await finishRun(federation, `The run ended: version ${reached} reached its target.`);
    return true;
  }
  const patience = rules.patience ?? null;
  // An open round is finished first; a buffer is always open.
  const isBetween = rules.mode.type === 'asynchronous' || federation.openRound === undefined;
  if (patience === null || !isBetween) return false;
  if (!bringsNothing(versions.figuresOf(metric, run.run), metric.name, patience)) return false;
  await finishRun(federation, `The run ended: ${patience} rounds in a row brought next to nothing.`);
  return true;
}
