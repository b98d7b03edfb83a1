// The baseline that looks at no column: the share of each class among the rows learnt from, or their mean. What does not beat it
// has learnt nothing (scikit-learn's DummyClassifier with strategy "prior", and DummyRegressor).
import { outputsOf, taskOf, type Learner, type Learning, type Lesson } from './learner.ts';

export const constant: Learner = {
  name: 'constant',
  title: 'Same answer for all',
  description: 'The most frequent class, or the mean: what any model must beat.',
  options: [],
  unsuited: () => undefined,
  learn,
};

function* learn({ contract, rows }: Lesson): Learning {
  const task = taskOf(contract);
  const answer = new Float64Array(outputsOf(task));
  if (task.type === 'classes') for (const target of rows.targets) answer[target]! += 1 / rows.count;
  else {
    let sum = 0;
    for (const target of rows.targets) sum += target;
    answer[0] = sum / rows.count;
  }
  yield 1;
  return {
    learnt: [answer],
    predict(_, count) {
      const outputs = new Float64Array(count * answer.length);
      for (let row = 0; row < count; row += 1) outputs.set(answer, row * answer.length);
      return outputs;
    },
  };
}
