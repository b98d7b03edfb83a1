// A kept dataset measured as a survey would, for its person alone: the same sums and bins, so that both can be laid over each other. Loaded
// with the first such question.
import { labelledExamples } from '../core/data/examples.ts';
import type { Figures } from '../core/statistics/index.ts';
import {
  checkQuestion,
  layoutOf,
  measureSurvey,
  readSurvey,
  versionAsked,
  type Question,
} from '../core/statistics/survey.ts';
import type { OpenedDataset } from '../modalities/explore-dataset.ts';
import { QuestionRefused } from './question-refused.ts';

export function ownFigures({ contract, examples }: OpenedDataset, question: Question): readonly Figures[] {
  const wrong =
    checkQuestion(question, contract) ??
    (versionAsked(question) === undefined
      ? undefined
      : 'No version is asked about rows that are looked at here.');
  if (wrong !== undefined) throw new QuestionRefused('bad-edit', wrong);
  const layout = layoutOf(question, contract);
  const rows = labelledExamples(examples);
  const values = measureSurvey(layout, [{ ...rows, contract }], undefined);
  return readSurvey(layout, contract, { values, devices: 1, deviations: question.map(() => 0) });
}
