// Cross-validation: every row is judged once, by a model that has not learnt from it. The rows are parted by their hashes, classes in
// proportion, groups whole; each part judges a model fitted to the others, whose recipe was fitted to them alone too. On small tables it
// says far more than one held-out fifth (Kohavi 1995, IJCAI); its interval takes the parts' models for one, which they nearly are.
import type { Balance } from '../../core/balance/balances.ts';
import { classLabels, type DataContract } from '../../core/data/contract.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { BenchData } from './bench-data.ts';
import { fitModel, predictAndClose, type FitSurroundings } from './fit.ts';
import { judging, meritOfOutputs, type Report } from './judge.ts';
import type { ChosenModel } from './models.ts';
import { stepThrough } from './step-through.ts';

export interface CrossValidation {
  readonly folds: number;
  /** Over all rows. */
  readonly report: Report;
  /** Of each part: accuracy, or RMSE in the target's own units. */
  readonly byFold: readonly number[];
}

/** `folds` 2–50. Refused with a sentence where a part cannot be learnt from. Rejects with the signal's reason. */
export async function crossValidate(
  data: BenchData,
  { model, options }: ChosenModel,
  folds: number,
  seed: number,
  surroundings: FitSurroundings,
  balance?: Balance,
): Promise<Result<CrossValidation, string>> {
  if (data.together?.type === 'time')
    return fail(
      'The latest rows are held out, and folds would learn from what came after. Leave one of both out.',
    );
  let first: DataContract | undefined;
  const targets: number[] = [];
  const outputs: number[] = [];
  const byFold: number[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    const part = data.part(fold, folds);
    if (!part.ok) return fail(`Part ${fold + 1} of ${folds}: ${part.error}`);
    const { contract, training, heldOut } = part.value;
    first ??= contract;
    const onProgress = (fraction: number): void => surroundings.onProgress?.((fold + fraction) / folds);
    const fitted = await fitModel(
      { model, options, contract, rows: training, seed, balance },
      { ...surroundings, onProgress },
    );
    if (!fitted.ok) return fitted;
    const own = await predictAndClose(fitted.value, heldOut);
    if (!own.every(Number.isFinite)) return fail(`${model.title} predicts something that is no number.`);
    byFold.push(Math.abs(meritOfOutputs(contract, own, heldOut)));
    const inFirst = unitsOf(contract, first);
    for (const value of own) outputs.push(inFirst(value));
    for (const value of heldOut.targets) targets.push(inFirst(value));
  }
  if (first === undefined) return fail('There are no folds.');
  const rows = {
    count: targets.length,
    features: new Float32Array(0),
    targets: classLabels(first) === undefined ? Float32Array.from(targets) : Int32Array.from(targets),
  };
  const judged = await stepThrough(judging(first, Float64Array.from(outputs), rows, seed), surroundings);
  return judged === undefined ? fail('No row is held out.') : ok({ folds, report: judged.report, byFold });
}

/** Numbers are encoded by the mean and deviation of each part's own training rows: all in the first's. Classes stay what they are. */
function unitsOf(contract: DataContract, first: DataContract): (value: number) => number {
  if (contract.kind !== 'table' || first.kind !== 'table') return (value) => value;
  const { target: own } = contract;
  const { target: shared } = first;
  if (own.type !== 'number' || shared.type !== 'number') return (value) => value;
  return (value) => (value * own.standardDeviation + own.mean - shared.mean) / shared.standardDeviation;
}
