// A run as other programs take it: what it was given, what came out, and how it went, step by step. No row of anybody is in it.

export interface ExportedRun {
  /** Known by it: other programs' ids are made of it. */
  readonly id: string;
  readonly name: string;
  /** What it is one run of: a dataset, or a federation. */
  readonly experiment: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** What it came to. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly series: readonly RunPoints[];
  readonly tags: readonly string[];
  readonly note: string;
  /** By which program it was made and of what, by digests: `program`, `data`, `model`. */
  readonly provenance?: Readonly<Record<string, string>>;
  readonly status: 'running' | 'finished' | 'failed' | 'stopped';
  /** Unix ms. */
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface RunPoints {
  readonly name: string;
  readonly points: readonly RunPoint[];
}

export interface RunPoint {
  readonly step: number;
  readonly value: number;
  /** Unix ms; left out where nobody has kept it: then the points stand between the run's begin and its end. */
  readonly at?: number | undefined;
}

export interface ExportedFile {
  /** With slashes, relative to wherever it is put. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Unix ms of the `index`-th of `count` points. */
export function timeOf(run: ExportedRun, point: RunPoint, index: number, count: number): number {
  if (point.at !== undefined) return point.at;
  const span = (run.endedAt ?? run.startedAt) - run.startedAt;
  return Math.round(run.startedAt + (span * (index + 1)) / count);
}

/** Series, and what it came to as a series of one point behind them; names that both have are of the series. Numbers alone. */
export function allSeries(run: ExportedRun): readonly RunPoints[] {
  const last = run.series.reduce((most, { points }) => Math.max(most, points.at(-1)?.step ?? 0), 0);
  const named = new Set(run.series.map(({ name }) => name));
  return [
    ...run.series,
    ...Object.entries(run.metrics)
      .filter(([name]) => !named.has(name))
      .map(([name, value]) => ({ name, points: [{ step: last, value, at: run.endedAt ?? undefined }] })),
  ]
    .map(({ name, points }) => ({ name, points: points.filter(({ value }) => Number.isFinite(value)) }))
    .filter(({ points }) => points.length > 0);
}

/** A name as every program and file system takes it: letters, digits, `_`, `-`, `.`; what else there is becomes `_`. */
export const plainName = (name: string): string =>
  name
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/^[._]+|[._]+$/g, '')
    .slice(0, 120) || 'run';

export const textFile = (path: string, text: string): ExportedFile => ({
  path,
  bytes: new TextEncoder().encode(text),
});
