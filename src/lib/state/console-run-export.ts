// One run of a federation as other programs take it: what its specification gives, and the figures of its versions, round by round.
// Nothing of a single device is in it.
import { figure } from '#lib/core/metrics/figure-of.ts';
import { metricNames } from '#lib/core/metrics/metric-list.ts';
import type { ExportedRun, RunPoints } from '#lib/core/run-export/exported-run.ts';
import type { FederationView, VersionView } from '#lib/protocol/views.ts';
import type { RunRecord } from './console-runs.ts';

/** `versions` of the federation, ascending. */
export function exportedFederationRun(
  { id, spec }: Pick<FederationView, 'id' | 'spec'>,
  run: RunRecord,
  versions: readonly VersionView[],
): ExportedRun {
  const made = versions.filter((version) => version.run === run.run && version.round !== null);
  const series = (name: string, of: (version: VersionView) => number | null | undefined): RunPoints => ({
    name,
    points: made.flatMap((version) => {
      const value = of(version);
      return value === undefined || value === null
        ? []
        : [{ step: Number(version.round), value, at: version.committedAt }];
    }),
  });
  const all = [
    ...metricNames.map((metric) =>
      series(metric, ({ evaluation }) =>
        evaluation === null ? undefined : figure(evaluation.tally, metric),
      ),
    ),
    series('norm', ({ norm }) => norm),
    series('participants', ({ participants }) => participants),
    series('bytes_up', ({ bytesUp }) => bytesUp),
    series('bytes_down', ({ bytesDown }) => bytesDown),
    series('round_seconds', ({ durationMs }) => (durationMs === null ? null : durationMs / 1000)),
  ].filter(({ points }) => points.length > 0);
  return {
    id: `${id}/${run.run}`,
    name: `${spec.brief.title}, run ${run.run}`,
    experiment: spec.brief.title,
    params: settingsOf(spec),
    metrics: Object.fromEntries(all.map(({ name, points }) => [name, points.at(-1)!.value])),
    series: all,
    tags: [],
    note: '',
    status: run.endedAt === null ? 'running' : 'finished',
    startedAt: run.beganAt,
    endedAt: run.endedAt,
  };
}

/** What a run is made of; not what it is for, nor the columns of anybody's data. */
function settingsOf(spec: FederationView['spec']): Record<string, string | number> {
  const { brief: _, contract: __, ...settings } = spec;
  return flat(settings);
}

/** "plan.learningRate": numbers and texts; what is a list or deeper than four is told as JSON. */
function flat(
  value: Readonly<Record<string, unknown>>,
  before = '',
  depth = 0,
): Record<string, string | number> {
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, one]) => {
      const path = `${before}${name}`;
      if (typeof one === 'number' || typeof one === 'string') return { [path]: one };
      if (typeof one === 'boolean' || one === null) return { [path]: String(one) };
      if (Array.isArray(one) || depth > 3) return { [path]: JSON.stringify(one).slice(0, 500) };
      return typeof one === 'object'
        ? flat(one as Readonly<Record<string, unknown>>, `${path}.`, depth + 1)
        : {};
    }),
  ) as Record<string, string | number>;
}
