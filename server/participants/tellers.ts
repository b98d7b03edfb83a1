// What a headless participant says of its rounds and of itself, line by line, from the views that it is given.
import type { VersionNumber } from '#lib/core/ids.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { ParticipationView } from '#lib/participant/participation.ts';
import type { VersionView } from '#lib/protocol/views.ts';
import type { HeadlessLine } from './setup.ts';

/**
 * One line a committed version, once all of its participants have scored it, or a later version is there, or the end. Views come
 * at most twice a second: of several rounds in less, the last is told.
 */
export function roundTeller(
  say: (line: HeadlessLine) => void,
  spec: FederationSpec,
  firstHead: VersionNumber,
): { seen(head: VersionView): void; flush(): void } {
  let waiting: VersionView | undefined;
  // What was there before is not news.
  let told: number = firstHead;
  const flush = (): void => {
    if (waiting === undefined) return;
    const { version, participants, evaluation, bytesUp, durationMs } = waiting;
    told = version;
    waiting = undefined;
    const value = evaluation === null ? undefined : figure(evaluation.tally, spec.metric.name);
    say({
      type: 'round',
      version,
      participants,
      metric: spec.metric.name,
      value: value ?? null,
      bytesUp,
      durationMs,
    });
  };
  return {
    seen(head) {
      if (waiting !== undefined && waiting.version < head.version) flush();
      // One that no round made: it was handed down to an edge, or stands in for damaged ones.
      if (head.version <= told || head.round === null) return;
      waiting = head;
      if ((head.evaluation?.participants ?? 0) >= head.participants) flush();
    },
    flush,
  };
}

/** Turns views into lines, each said once. */
export function teller(
  say: (line: HeadlessLine) => void,
  participant: number,
  spec: FederationSpec,
  onView: (view: ParticipationView) => void,
): (view: ParticipationView) => void {
  let state = '';
  let isJudge = false;
  let event: string | null = null;
  const scored = new Set<number>();
  return (view) => {
    const now = `${view.state} ${view.round} ${view.blocked?.reason}`;
    if (now !== state) {
      state = now;
      say({
        type: 'state',
        participant,
        state: view.state,
        round: view.round,
        blocked: view.blocked?.message ?? null,
      });
    }
    if (view.isHeldOut && !isJudge) {
      isJudge = true;
      const judges =
        spec.personalisation.type === 'none'
          ? 'it judges each version by all its rows, and never trains.'
          : 'it judges each version by its held-out rows, as it is and as training for itself alone makes it.';
      const message = `This device was held out by lot: ${judges}`;
      say({ type: 'event', participant, notable: true, message });
    }
    if (view.lastEvent !== null && view.lastEvent !== event) {
      event = view.lastEvent;
      // What every round brings; the round's own line says it for all.
      const notable = !/^(Sent update|Version) \d/.test(event);
      say({ type: 'event', participant, notable, message: event });
    }
    for (const { version, count, figure, personal } of view.localEvaluations) {
      if (scored.has(version)) continue;
      scored.add(version);
      say({
        type: 'evaluation',
        participant,
        version,
        metric: spec.metric.name,
        value: figure,
        personal: personal?.figure ?? null,
        count,
      });
    }
    onView(view);
  };
}
