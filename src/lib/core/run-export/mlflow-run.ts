// A run in MLflow's terms, as its file store and its REST both have it: parameters, tags and metrics as texts and numbers, within the
// bounds that its stores set (mlflow/utils/validation.py). No row of anybody is in it.
import { digestOfText } from '../digest.ts';
import { allSeries, plainName, timeOf, type ExportedRun } from './exported-run.ts';

export interface MlflowRun {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly MlflowMetric[];
  readonly status: ExportedRun['status'];
  readonly startedAt: number;
  readonly endedAt: number | null;
}
export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  /** Unix ms. */
  readonly timestamp: number;
  readonly step: number;
}

/** Which run of Tributary's it is: by this tag it is found again. */
export const RUN_TAG = 'tributary.run';
/** Which of the tags a person wrote: those that go where the person takes them away. */
export const LABELS_TAG = 'tributary.labels';
const NOTE_TAG = 'mlflow.note.content';

/** Of a parameter or a tag, as the oldest of its servers take it. */
export const MOST_VALUE = 5000;
const cut = (value: string | number): string => String(value).slice(0, MOST_VALUE);

export function mlflowRun(run: ExportedRun): MlflowRun {
  const labels = {
    ...Object.fromEntries(run.tags.map((tag) => [plainName(tag), 'true'])),
    ...(run.note === '' ? {} : { [NOTE_TAG]: cut(run.note) }),
  };
  return {
    name: run.name,
    params: Object.fromEntries(
      Object.entries(run.params).map(([name, value]) => [plainName(name), cut(value)]),
    ),
    // A label that is called like one of these gives way to it.
    tags: {
      ...labels,
      'mlflow.source.name': 'tributary',
      'mlflow.source.type': 'LOCAL',
      [RUN_TAG]: run.id,
      ...Object.fromEntries(
        Object.entries(run.provenance ?? {}).map(([name, value]) => [`tributary.${name}`, cut(value)]),
      ),
      [LABELS_TAG]: JSON.stringify(Object.keys(labels)),
    },
    metrics: allSeries(run).flatMap(({ name, points }) => {
      const key = name.split('/').map(plainName).join('/');
      return points.map((point, at) => ({
        key,
        value: point.value,
        timestamp: timeOf(run, point, at, points.length),
        step: point.step,
      }));
    }),
    status: run.status,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
  };
}

/** Names that somebody wrote on a run, of those that its tags say. */
export function labelsIn(tags: Readonly<Record<string, string>>): readonly string[] {
  try {
    const names: unknown = JSON.parse(tags[LABELS_TAG] ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    // Somebody else has written there: nothing of it is ours to take away.
    return [];
  }
}

/** Of two that are alike nothing is different to send. */
export const digestOfRun = (run: MlflowRun): string => digestOfText(JSON.stringify(run));
