// What a search comes to within a small budget, against what people have published of the same data: five sets of ../shared/data, no word
// of help. Splits are the app's own (20 % held out by row hash); a constant column that only changes the hashes makes further ones,
// so that small sets are judged by more than one draw of sixty rows. The budget is in trials, not in time: the same figures everywhere.
//   npm run bench -- automl        SETS=wine for those whose name holds the word
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTrainer } from '../src/lib/adapters/engines/node.ts';
import { createSystemClock } from '../src/lib/adapters/system-clock.ts';
import { sourceOfText } from '../src/lib/modalities/source-file.ts';
import { benchModelNamed, benchModels } from '../src/lib/participant/workbench/models.ts';
import { parseSpec } from '../src/lib/core/named-options.ts';
import { createEngine } from '../src/lib/participant/engine.ts';
import { tableData } from '../src/lib/participant/workbench/bench-data.ts';
import type { Report } from '../src/lib/participant/workbench/judge.ts';
import { runBench, type BenchRun } from '../src/lib/participant/workbench/run-bench.ts';
import { sharedData } from '../test/support/command.ts';
import type { Row } from './row.ts';

interface Set {
  readonly name: string;
  readonly file: string;
  readonly target: string;
  readonly kind: 'classes' | 'number';
  readonly splits: number;
  /** Accuracy or R², in points of a hundred; or the settings that somebody has tuned by hand, fitted to the same splits. */
  readonly reference: number | string;
  readonly source: string;
}

const TRIALS = 20;
/** Points. */
const WITHIN = 2;

const sets: readonly Set[] = [
  {
    name: 'UCI Adult, accuracy',
    file: 'tabular/adult-train.csv',
    target: 'income',
    kind: 'classes',
    splits: 1,
    reference: 85.95,
    source:
      'FSS Naive Bayes, the best of 16 in adult.names (Kohavi & Becker; another test set, unknowns removed)',
  },
  {
    name: 'red wine quality, accuracy',
    file: 'tabular/winequality-red.csv',
    target: 'quality',
    kind: 'classes',
    splits: 5,
    // 62.4 by the SVM of Cortez et al. 2009 (table 3, T = 0.5) is of folds drawn by row, in which copies of a wine stand on both sides.
    reference: 'forest:trees=500,depth=24',
    source:
      'settings that were tuned by hand (docs/results.md: 62.7 in ten folds), fitted to the same splits',
  },
  {
    name: 'Pima diabetes, accuracy',
    file: 'tabular/pima-diabetes.csv',
    target: 'outcome',
    kind: 'classes',
    splits: 10,
    reference: 77,
    source: 'logistic regression, the best of 4 in Battineni et al. 2019 (Machines 7(4) 74; 5- to 20-fold)',
  },
  {
    name: 'Boston housing, R²',
    file: 'tabular/boston-housing.csv',
    target: 'MEDV',
    kind: 'number',
    splits: 10,
    reference: 'boosted-trees:stages=500,depth=4,rate=0.01',
    source: 'scikit-learn’s example “Gradient Boosting regression” on these data, fitted to the same splits',
  },
  {
    name: 'Cleveland heart disease, accuracy',
    file: 'heart-disease/cleveland.csv',
    target: 'num>0',
    kind: 'classes',
    splits: 10,
    reference: 78.9,
    source: 'CLASSIT of Gennari et al. 1989, the best in heart-disease.names',
  },
];

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  const asked = process.env['SETS'] ?? '';
  for (const set of sets.filter(({ name }) => name.includes(asked))) {
    const path = join(sharedData, set.file);
    if (!existsSync(path)) console.warn(`Left out: ${set.name} is not at ${path} (set SHARED_DATA).`);
    else rows.push(await rowOf(set, readFileSync(path, 'utf8')));
  }
  return rows;
}

async function rowOf(set: Set, text: string): Promise<Row> {
  const figures: number[] = [];
  const references: number[] = [];
  let ensembles = 0;
  for (let split = 0; split < set.splits; split += 1) {
    const table = split === 0 ? text : salted(text, split);
    const { report, model } = await trained(set, table, search);
    figures.push(pointsOf(report));
    if (model === 'ensemble') ensembles += 1;
    references.push(
      typeof set.reference === 'number'
        ? set.reference
        : pointsOf((await trained(set, table, modelOf(set.reference))).report),
    );
  }
  const mean = meanOf(figures);
  const reference = meanOf(references);
  const spread = Math.sqrt(
    figures.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, figures.length - 1),
  );
  const error = figures.length > 1 ? ` ± ${(spread / Math.sqrt(figures.length)).toFixed(1)}` : '';
  return {
    name: `${set.name}, ${TRIALS} trials, ${set.splits} splits${error}, ${ensembles} by ensembles`,
    value: Number(mean.toFixed(1)),
    unit: 'points',
    target: `at least ${(reference - WITHIN).toFixed(1)}: ${reference.toFixed(1)} by ${set.source}`,
    ok: mean >= reference - WITHIN,
  };
}

const search: BenchRun['chosen'] = {
  type: 'search',
  budgetMs: null,
  mostTrials: TRIALS,
  way: 'tpe',
  space: null,
  recipes: true,
  known: [],
};

function modelOf(text: string): BenchRun['chosen'] {
  const spec = parseSpec(text, benchModels, 'model');
  const model = spec.ok ? benchModelNamed(spec.value.name) : undefined;
  if (!spec.ok || model === undefined) throw new Error(`There is no model ${text}.`);
  return { model, options: spec.value.options };
}

const meanOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;

const pointsOf = (report: Report): number =>
  100 * (report.type === 'classes' ? report.accuracy : (report.r2 ?? Number.NaN));

/** A column that is the same in every row teaches nothing, and changes every row's hash. */
function salted(text: string, split: number): string {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  return [`${header.trimEnd()},salt`, ...lines.map((line) => `${line.trimEnd()},${split}`)].join('\n');
}

async function trained({ target, kind }: Set, text: string, chosen: BenchRun['chosen']) {
  const settings = { target, kind, without: [], heldOut: 0.2, group: null, time: null };
  const data = await tableData([sourceOfText('table.csv', text)], settings);
  if (!data.ok) throw new Error(data.error);
  const clock = createSystemClock();
  try {
    const done = await runBench(
      {
        data: data.value,
        chosen,
        seed: 1,
      },
      {
        clock,
        openEngine: async () =>
          createEngine(
            { backend: 'simd', description: 'simd', reason: 'Asked for.', reports: [] },
            createTrainer,
          ),
      },
      () => {},
    );
    if (!done.ok) throw new Error(done.error);
    done.value.fitted.close();
    return done.value.result.model;
  } finally {
    clock.close();
  }
}
