// Experiments, runs and metrics as MLflow's clients read them, and as its filters ask of them.
import type {
  Named,
  TrackedExperiment,
  TrackedMetric,
  TrackedRun,
  TrackedRunInfo,
  TrackingStore,
} from '../ports/tracking.ts';
import { remembered, subjectOf, type Subject } from './filter.ts';

/** Where MLflow's clients send artifacts: this server, by its proxy of them. */
export const artifactUri = ({ experiment, id }: Pick<TrackedRun, 'experiment' | 'id'>): string =>
  `mlflow-artifacts:/${experiment}/${id}/artifacts`;

export const namedOf = (all: readonly { readonly key: string; readonly value: string }[]): Named =>
  Object.fromEntries(all.map(({ key, value }) => [key, value]));
const pairs = (named: Named) => Object.entries(named).map(([key, value]) => ({ key, value }));

export const metricOf = ({
  key,
  value,
  timestamp,
  step,
}: {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}): TrackedMetric => ({ key, value, at: timestamp, step });

/** JSON knows no NaN: protobuf writes it as a text (proto3 JSON mapping). */
export const metricJson = ({ key, value, at, step }: TrackedMetric) => ({
  key,
  value: Number.isFinite(value) ? value : String(value),
  timestamp: at,
  step,
});

export const experimentJson = (experiment: TrackedExperiment) => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: `mlflow-artifacts:/${experiment.id}`,
  lifecycle_stage: experiment.lifecycle,
  creation_time: experiment.createdAt,
  last_update_time: experiment.changedAt,
  tags: pairs(experiment.tags),
});

export const runJson = (run: TrackedRun) => ({
  info: {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: run.experiment,
    user_id: run.user,
    status: run.state,
    start_time: run.startedAt,
    ...(run.endedAt === null ? {} : { end_time: run.endedAt }),
    artifact_uri: artifactUri(run),
    lifecycle_stage: run.lifecycle,
  },
  data: { metrics: run.metrics.map(metricJson), params: pairs(run.params), tags: pairs(run.tags) },
  inputs: {},
});

/** What was logged is looked up name by name: a search over thousands of runs reads what it asks about, and no more. */
export function runSubject(run: TrackedRunInfo, store: Pick<TrackingStore, 'logged'>): Subject {
  const attributes = subjectOf({
    attributes: {
      run_id: run.id,
      run_name: run.name,
      status: run.state,
      user_id: run.user,
      start_time: run.startedAt,
      end_time: run.endedAt,
      artifact_uri: artifactUri(run),
      experiment_id: run.experiment,
    },
    metrics: {},
    params: {},
    tags: {},
  });
  return remembered((field) =>
    field.kind === 'attributes' ? attributes(field) : store.logged(run.id, field.kind, field.key),
  );
}

export const experimentSubject = (experiment: TrackedExperiment): Subject =>
  subjectOf({
    attributes: {
      name: experiment.name,
      experiment_id: experiment.id,
      creation_time: experiment.createdAt,
      last_update_time: experiment.changedAt,
    },
    metrics: {},
    params: {},
    tags: experiment.tags,
  });
