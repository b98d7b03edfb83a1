// A run as a directory that `mlflow ui --backend-store-uri mlruns` and MLflow's clients open: the layout of its file store
// (mlflow/store/tracking/file_store.py): meta.yaml of the experiment and of the run, a file a parameter, a metric, a tag.
import { digestOfText } from '../digest.ts';
import { textFile, type ExportedFile, type ExportedRun } from './exported-run.ts';
import { mlflowRun } from './mlflow-run.ts';

/** RunStatus of service.proto. */
const STATUS = { running: 1, finished: 3, failed: 4, stopped: 5 } as const;
/** SourceType.LOCAL */
const LOCAL = 4;

export function mlflowFiles(run: ExportedRun): readonly ExportedFile[] {
  // Ids of experiments are digits: its own stores draw 18 of them.
  const experiment = String(BigInt(`0x${digestOfText(run.experiment).slice(0, 14)}`)).padStart(18, '1');
  const id = digestOfText(run.id).slice(0, 32);
  const root = `mlruns/${experiment}`;
  const folder = `${root}/${id}`;
  const { name, params, metrics, ...own } = mlflowRun(run);
  const tags = { 'mlflow.runName': name, 'mlflow.user': 'tributary', ...own.tags };
  const keys = [...new Set(metrics.map(({ key }) => key))];
  return [
    textFile(
      `${root}/meta.yaml`,
      yaml({
        artifact_location: `./${root}`,
        creation_time: run.startedAt,
        experiment_id: experiment,
        last_update_time: run.startedAt,
        lifecycle_stage: 'active',
        name: run.experiment,
      }),
    ),
    textFile(
      `${folder}/meta.yaml`,
      yaml({
        artifact_uri: `./${folder}/artifacts`,
        end_time: run.endedAt,
        entry_point_name: '',
        experiment_id: experiment,
        lifecycle_stage: 'active',
        run_id: id,
        run_name: name,
        run_uuid: id,
        source_name: '',
        source_type: LOCAL,
        source_version: '',
        start_time: run.startedAt,
        status: STATUS[run.status],
        user_id: 'tributary',
        tags: [],
      }),
    ),
    ...Object.entries(params).map(([key, value]) => textFile(`${folder}/params/${key}`, value)),
    ...keys.map((key) =>
      textFile(
        `${folder}/metrics/${key}`,
        metrics
          .filter((metric) => metric.key === key)
          .map(({ timestamp, value, step }) => `${timestamp} ${value} ${step}\n`)
          .join(''),
      ),
    ),
    ...Object.entries(tags).map(([key, value]) => textFile(`${folder}/tags/${key}`, value)),
    // A run without artifacts has the folder all the same, and a zip keeps no empty folder.
    textFile(`${folder}/artifacts/about.txt`, 'Exported by Tributary. The model is saved apart.\n'),
  ];
}

/** Flat YAML: texts as JSON writes them, which YAML 1.2 reads. */
const yaml = (fields: Readonly<Record<string, string | number | null | readonly never[]>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
