// What the terminal says while the demo runs: one line a version, once its participants have scored it.
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { FederationView, VersionView } from '#lib/protocol/views.ts';

const bytes = (count: number): string =>
  count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`;

/** "round 12 → version 12 · 8 participants · accuracy 91.2 % on 412 held-out rows · 1.6 MB up, 1.6 MB down · 3.1 s" */
export function roundLine(view: FederationView, version: VersionView): string {
  const { name } = view.spec.metric;
  const value = version.evaluation === null ? undefined : figure(version.evaluation.tally, name);
  const { title, isShare } = metrics[name];
  const measured =
    version.evaluation === null || value === undefined
      ? `${title.toLowerCase()} not measured yet`
      : `${title.toLowerCase()} ${isShare ? `${(value * 100).toFixed(1)} %` : value.toPrecision(4)} on ${version.evaluation.tally.count} held-out rows`;
  return [
    `round ${version.round ?? 0} → version ${version.version}`,
    `${version.participants} participants`,
    measured,
    `${bytes(version.bytesUp)} up, ${bytes(version.bytesDown)} down`,
    ...(version.durationMs === null ? [] : [`${(version.durationMs / 1000).toFixed(1)} s`]),
  ].join(' · ');
}

/**
 * Feeds on whole views, and says each version once: when its evaluation is as wide as its round was, or at the latest
 * when the next version is there.
 */
export function createRoundLines(say: (line: string) => void): (view: FederationView) => void {
  let said: number | undefined;
  let waiting: VersionView | undefined;
  return (view) => {
    const { head } = view;
    said ??= head.version;
    if (waiting !== undefined && waiting.version < head.version) {
      say(roundLine(view, waiting));
      said = waiting.version;
      waiting = undefined;
    }
    if (head.version <= said) return;
    waiting = head;
    if ((head.evaluation?.participants ?? 0) < head.participants) return;
    say(roundLine(view, head));
    said = head.version;
    waiting = undefined;
  };
}
