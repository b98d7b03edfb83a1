// A kept dataset in a plane, for the page: in steps, so that whoever asked for it may stop it and rows are shown meanwhile. Loaded with the
// first such question.
import { createSystemClock } from '../adapters/system-clock.ts';
import type { OpenedDataset } from '../modalities/explore-dataset.ts';
import { projectDataset, type Projection } from '../modalities/project-dataset.ts';
import { stepThrough } from '../participant/workbench/step-through.ts';
import type { ProjectQuestion } from './ingest-messages.ts';
import { QuestionRefused } from './question-refused.ts';

export async function projecting(
  dataset: OpenedDataset,
  question: ProjectQuestion,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Projection> {
  const clock = createSystemClock();
  try {
    const made = await stepThrough(projectDataset(dataset, question), { clock, signal }, onProgress);
    if (!made.ok) throw new QuestionRefused('bad-edit', made.error);
    return made.value;
  } finally {
    clock.close();
  }
}
