// One trial of a search: a model with its settings fitted to parts of the rows to learn from, and judged on the rest of them.
import type { Balance } from '../../core/balance/balances.ts';
import type { DataContract } from '../../core/data/contract.ts';
import { classLabels } from '../../core/data/contract.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import { clearOf, foldsOf, type Together } from '../../core/data/row-split.ts';
import { confusionOf } from '../../core/metrics/class-scores.ts';
import { fitModel, type FitSurroundings } from './fit.ts';
import { meritOfOutputs } from './judge.ts';
import type { BenchModel } from './models.ts';
import type { Trial } from './trial.ts';

/** Up to so many rows each of five parts judges once; beyond, one part is enough. */
const FOLDED_ROWS = 3000;
const FOLDS = 5;

export interface Part {
  readonly training: Uint32Array;
  readonly judging: Uint32Array;
}

/** How many parts of so many rows judge, each one of how many equal ones. */
export function plannedParts(rows: number, isTime: boolean): { readonly parts: number; readonly of: number } {
  const parts = rows <= FOLDED_ROWS ? FOLDS : 1;
  // One spell more: nothing foretells the first. Where one part is enough it is the latest fifth.
  return { parts, of: isTime && parts > 1 ? FOLDS + 1 : FOLDS };
}

/**
 * Rows to learn from and to judge by, once or five times. The second word of a row's hash decides: the first made the split. Groups
 * stay whole; of time, each spell is foretold from all before it, but for what it looks at itself.
 */
export function partsOf(rows: Examples, together?: Together): readonly Part[] {
  const hashes = Uint32Array.from({ length: rows.count }, (_, row) => rows.hashes[2 * row + 1]!);
  const classes = rows.targets instanceof Int32Array ? rows.targets : undefined;
  const isTime = together?.type === 'time';
  const { parts: count, of: spells } = plannedParts(rows.count, isTime);
  const folds = foldsOf({ hashes, classes }, spells, together);
  const numbers = Uint32Array.from(folds, (_, row) => row);
  return Array.from({ length: count }, (_, at) => {
    const fold = isTime ? spells - count + at : at;
    const judging = numbers.filter((row) => folds[row] === fold);
    const others = numbers.filter((row) => (isTime ? folds[row]! < fold : folds[row] !== fold));
    return { training: clearOf(others, judging, together), judging };
  }).filter(({ training, judging }) => training.length > 0 && judging.length > 0);
}

export interface TryOut {
  readonly contract: DataContract;
  readonly rows: Examples;
  readonly parts: readonly Part[];
  readonly seed: number;
  /** On the surroundings' monotonic clock; null: none. */
  readonly deadline: number | null;
  /** Of what each part learns from. */
  readonly balance?: Balance | undefined;
}

/** What was tried; `outputs`: by part, [judging rows, outputs], empty where it could not be fitted. */
export interface TriedOut {
  readonly trial: Trial;
  readonly outputs: readonly Float64Array[];
}

/** undefined where the deadline came first. */
export async function tryOut(
  model: BenchModel,
  wanted: Pick<Trial, 'model' | 'options' | 'share'>,
  { contract, rows, parts, seed, deadline, balance }: TryOut,
  surroundings: FitSurroundings,
): Promise<TriedOut | undefined> {
  const { clock } = surroundings;
  const late = new AbortController();
  const undo =
    deadline === null
      ? undefined
      : clock.after(Math.max(0, deadline - clock.monotonic()), () => late.abort());
  const signal =
    surroundings.signal === undefined ? late.signal : AbortSignal.any([surroundings.signal, late.signal]);
  const none: TriedOut = { trial: { ...wanted, loss: null, standardError: 0 }, outputs: [] };
  const outputs: Float64Array[] = [];
  let [bytes, asked, askedMs] = [0, 0, 0];
  try {
    for (const { training, judging } of parts) {
      // Rows lie in the order of a file, and files are sorted: every n-th row stands for all.
      const kept = training.filter(
        (_, at) => Math.floor((at + 1) * wanted.share) > Math.floor(at * wanted.share),
      );
      const fitted = await fitModel(
        { model, options: wanted.options, contract, rows: selectExamples(rows, kept), seed, balance },
        { clock, openEngine: surroundings.openEngine, signal },
      );
      if (!fitted.ok) return none;
      try {
        const unseen = selectExamples(rows, judging);
        const begun = clock.monotonic();
        const own = await fitted.value.predict(unseen.features, unseen.count);
        askedMs += clock.monotonic() - begun;
        asked += unseen.count;
        bytes = Math.max(bytes, fitted.value.bytes);
        if (!own.every(Number.isFinite)) return none;
        outputs.push(own);
      } finally {
        fitted.value.close();
      }
    }
  } catch (error) {
    if (late.signal.aborted && surroundings.signal?.aborted !== true) return undefined;
    throw error;
  } finally {
    undo?.();
  }
  const msPerThousand = (1000 * askedMs) / asked;
  return {
    trial: { ...wanted, ...lossOfParts({ contract, rows, parts, balance }, outputs), bytes, msPerThousand },
    outputs,
  };
}

/**
 * The mean over parts, and how sure it is: by the parts, or, where there is one, by its rows. `outputs` by part. Where classes are brought
 * into balance to learn from, each counts alike here too: by the share of all that is wrong nothing for a rare one would be taken.
 */
export function lossOfParts(
  { contract, rows, parts, balance = 'none' }: Pick<TryOut, 'contract' | 'rows' | 'parts' | 'balance'>,
  outputs: readonly Float64Array[],
): { readonly loss: number; readonly standardError: number } {
  const judged = parts.map(({ judging }, at) => {
    const unseen = selectExamples(rows, judging);
    const own = outputs[at]!;
    return balance === 'none' ? lossOfRows(contract, own, unseen) : lossOfClasses(own, unseen);
  });
  const loss = judged.reduce((sum, one) => sum + one.loss, 0) / judged.length;
  const variance =
    judged.reduce((sum, one) => sum + (one.loss - loss) ** 2, 0) / Math.max(1, judged.length - 1);
  const [only] = judged;
  return {
    loss,
    standardError:
      judged.length > 1 || only === undefined ? Math.sqrt(variance / judged.length) : only.error(),
  };
}

function lossOfRows(contract: DataContract, outputs: Float64Array, rows: Examples) {
  const loss = lossOf(contract, outputs, rows);
  return { loss, error: () => errorOfRows(contract, outputs, rows, loss) };
}

/** Share of wrong answers, or RMSE. */
function lossOf(contract: DataContract, outputs: Float64Array, rows: Examples): number {
  const merit = meritOfOutputs(contract, outputs, rows);
  return classLabels(contract) === undefined ? -merit : 1 - merit;
}

/** Of a share, √(p (1 − p)/n); of an RMSE by the delta method, s/(2 RMSE √n) with s over the squared errors. */
function errorOfRows(contract: DataContract, outputs: Float64Array, rows: Examples, loss: number): number {
  const { count, targets } = rows;
  if (contract.kind !== 'table' || contract.target.type !== 'number')
    return Math.sqrt((loss * (1 - loss)) / count);
  if (loss === 0) return 0;
  const scale = contract.target.standardDeviation;
  const mean = loss * loss;
  let squares = 0;
  for (let row = 0; row < count; row += 1)
    squares += ((scale * (outputs[row]! - targets[row]!)) ** 2 - mean) ** 2;
  return Math.sqrt(squares / Math.max(1, count - 1) / count) / (2 * loss);
}

/** One less the balanced accuracy, over the classes that have a row (Brodersen et al. 2010); its error by √Σ p (1 − p)/n over their number. */
function lossOfClasses(outputs: Float64Array, { count, targets }: Examples) {
  const classes = outputs.length / count;
  const confusion = confusionOf({ classes, shares: outputs, targets });
  const shares = Array.from({ length: classes }, (_, truth) => {
    const n = confusion.slice(truth * classes, (truth + 1) * classes).reduce((sum, one) => sum + one, 0);
    return { n, share: 1 - confusion[truth * classes + truth]! / n };
  }).filter(({ n }) => n > 0);
  return {
    loss: shares.reduce((sum, { share }) => sum + share, 0) / shares.length,
    error: () =>
      Math.sqrt(shares.reduce((sum, { n, share }) => sum + (share * (1 - share)) / n, 0)) / shares.length,
  };
}
