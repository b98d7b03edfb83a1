// The forms in which a run can be taken along. A new one is a file here and its line in the list.
import { csvFiles } from './csv.ts';
import type { ExportedFile, ExportedRun } from './exported-run.ts';
import { mlflowFiles } from './mlflow.ts';
import { tensorboardFiles } from './tensorboard.ts';
import { wandbFiles } from './wandb.ts';

export interface RunExport {
  readonly name: 'tensorboard' | 'wandb' | 'mlflow' | 'csv';
  readonly title: string;
  /** What to do with it, as a command or a phrase. */
  readonly then: string;
  files(run: ExportedRun): readonly ExportedFile[];
}

export const runExports: readonly RunExport[] = [
  { name: 'tensorboard', title: 'TensorBoard', then: 'tensorboard --logdir .', files: tensorboardFiles },
  { name: 'wandb', title: 'Weights & Biases', then: 'wandb sync wandb/offline-run-*', files: wandbFiles },
  { name: 'mlflow', title: 'MLflow', then: 'mlflow ui --backend-store-uri ./mlruns', files: mlflowFiles },
  { name: 'csv', title: 'CSV', then: 'open it in any spreadsheet', files: csvFiles },
];
