// Pang & Lee's 2,000 movie reviews (polarity dataset v2.0), half of them positive: the recipe's terms and a line, by ten-fold cross-validation.
// Held against what is published of the same reviews: 82.8 % (naive Bayes) and 87.15 % (a support vector machine) of unigram presence, ten
// folds (Pang & Lee 2004, "A Sentimental Education", §4, full reviews).
//   npm run bench -- text-reviews
import { readFile } from 'node:fs/promises';
import { foldsOf } from '../src/lib/core/data/row-split.ts';
import type { TableContract } from '../src/lib/core/data/contract.ts';
import { learnt } from '../src/lib/core/learners/learner.ts';
import { logistic } from '../src/lib/core/learners/logistic.ts';
import { encodedRows } from '../src/lib/core/recipe/encode.ts';
import { applyRecipe, fitRecipe } from '../src/lib/core/recipe/fit.ts';
import { usualStep } from '../src/lib/core/recipe/recipe.ts';
import { tableOf } from '../src/lib/core/recipe/table.ts';
import { readRawTable } from '../src/lib/modalities/raw-table.ts';
import { rowHashes } from '../src/lib/modalities/row-hashes.ts';
import { sourceOfText } from '../src/lib/modalities/source-file.ts';
import { sharedData } from '../test/contract/shared-data.ts';
import type { Row } from './row.ts';

const FOLDS = 10;
const OPTIONS = { lambda: 1, iterations: 200 };

export async function run(): Promise<Row[]> {
  const path = sharedData('text/movie-reviews.csv');
  if (path === undefined) return [];
  const read = await readRawTable([sourceOfText('reviews.csv', await readFile(path, 'utf8'))], 'label');
  if (!read.ok) throw new Error(read.error);
  const { header, rows } = read.value;
  const labels = Int32Array.from(rows, (row) => (row[header.indexOf('label')] === 'pos' ? 1 : 0));
  const hashes = rowHashes(rows);
  const first = Uint32Array.from(rows, (_, row) => hashes[2 * row]!);
  const folds = foldsOf({ hashes: first, classes: labels }, FOLDS);
  return [
    accuracy('words', { of: 'words', longest: 1 }),
    accuracy('words, and two in a row (usual)', { of: 'words', longest: 2 }),
    accuracy('runs of 3 to 5 letters', { of: 'letters', longest: 5 }),
  ];

  function accuracy(name: string, settings: { readonly of: string; readonly longest: number }): Row {
    const recipe = { steps: [usualStep('terms', settings)] };
    const at = header.indexOf('text');
    const texts = rows.map((row) => [row[at] ?? '']);
    let right = 0;
    for (let fold = 0; fold < FOLDS; fold += 1) {
      const places = Array.from(rows.keys());
      const [own, judged] = [
        places.filter((row) => folds[row] !== fold),
        places.filter((row) => folds[row] === fold),
      ];
      const done = fitRecipe(recipe, tableOf(['text'], texts, own));
      if (!done.ok) throw new Error(done.error.message);
      const { columns, table, fitted } = done.value;
      const contract: TableContract = {
        kind: 'table',
        columns: [...columns],
        target: {
          type: 'classes',
          name: 'label',
          classes: ['neg', 'pos'].map((label) => ({ label, values: [label] })),
        },
      };
      const features = encodedRows(table, columns);
      const served = applyRecipe(fitted, tableOf(['text'], texts, judged));
      const unseen = served === undefined ? undefined : encodedRows(served, columns);
      if (!features.ok || unseen?.ok !== true) throw new Error('A recipe encodes what it was fitted to.');
      const model = learnt(
        logistic.learn({
          contract,
          rows: {
            count: own.length,
            features: features.value.features,
            targets: Int32Array.from(own, (row) => labels[row]!),
          },
          options: OPTIONS,
          seed: 1,
        }),
      );
      const shares = model.predict(unseen.value.features, judged.length);
      for (const [place, row] of judged.entries())
        if (Number(shares[2 * place + 1]! > 0.5) === labels[row]) right += 1;
    }
    const share = right / rows.length;
    return {
      name: `${name}: accuracy over ten folds`,
      value: Number((100 * share).toFixed(1)),
      unit: '%',
      target: 'at least 82.8 %, naive Bayes of Pang & Lee 2004',
      ok: share >= 0.828,
    };
  }
}
