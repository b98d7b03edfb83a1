// Whether machine learning is right for these rows, before anybody trains anything large: do the columns tell the target at all, and
// would more rows, one's own or those of a federation, make a difference? By baselines alone: they are cheap, and what they find is there.
import { classLabels } from '../../core/data/contract.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import { associationTest } from '../../core/feasibility/association-test.ts';
import { learningCurve, type CurvePoint, type LearningCurve } from '../../core/feasibility/learning-curve.ts';
import { random } from '../../core/random.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { rowLosses, spread } from './analyse.ts';
import type { BenchData } from './bench-data.ts';
import { fitModel, predictAndClose, type FitSurroundings } from './fit.ts';
import { firstWords } from './hold-out.ts';
import { judging, meritOf, type Report } from './judge.ts';
import { baselinesOf, type ChosenModel } from './models.ts';
import { stepThrough } from './step-through.ts';

export interface Feasibility {
  readonly verdict: 'no signal' | 'local is enough' | 'more rows would help';
  /** In sentences. */
  readonly says: string;
  /** How likely agreement as good as this is by chance, and of how many permutations. */
  readonly pValue: number;
  readonly permutations: number;
  readonly trainingRows: number;
  readonly heldOutRows: number;
  readonly baselines: readonly { readonly model: string; readonly title: string; readonly report: Report }[];
  /** Of the best of them: the share of wrong answers, or RMSE in the target’s own units. null: without a signal there is none. */
  readonly curve: (LearningCurve & { readonly title: string; readonly of: 'wrong' | 'rmse' }) | null;
}

const PERMUTATIONS = 999;
/** One in a hundred tables without a signal is said to have one. */
const LUCK = 0.01;
/** Models for the curve learn from so many rows at most: what is foreseen from them is foreseen from more. */
const MOST_ROWS = 4000;
const MOST_HELD_OUT = 2000;
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];
const REPEATS = 4;
const FEWEST_ROWS = 8;
/** A signal that is not overwhelming is missed by fewer. */
const FEW_HELD_OUT = 30;
/** Less than a point, or a hundredth of the error, is nothing to bring others together for. */
const WORTHWHILE = 0.01;

/** Refused with a sentence where nothing could be fitted. Rejects with the signal's reason. */
export async function assess(
  data: BenchData,
  seed: number,
  surroundings: FitSurroundings,
  tell: (says: string, fraction: number) => void,
): Promise<Result<Feasibility, string>> {
  const training = byHash(data, MOST_ROWS);
  const heldOut = spread(data.heldOut, MOST_HELD_OUT);
  const steps = baselinesOf(data.contract).length + SHARES.length * REPEATS;
  let done = 0;
  const fitted = async (one: ChosenModel, rows: Examples): Promise<Float64Array | undefined> => {
    tell(`${one.model.title}, from ${rows.count} rows`, done / steps);
    done += 1;
    const { model, options } = one;
    const made = await fitModel({ model, options, contract: data.contract, rows, seed }, surroundings);
    if (!made.ok) return undefined;
    const outputs = await predictAndClose(made.value, heldOut);
    return outputs.every(Number.isFinite) ? outputs : undefined;
  };
  const judged: { one: ChosenModel; outputs: Float64Array; report: Report }[] = [];
  for (const one of baselinesOf(data.contract)) {
    const outputs = await fitted(one, training);
    if (outputs === undefined) continue;
    const own = await stepThrough(
      judging(data.contract, Float64Array.from(outputs), heldOut, seed),
      surroundings,
    );
    if (own !== undefined) judged.push({ one, outputs, report: own.report });
  }
  const models = judged.filter(({ one }) => one.model.name !== 'constant');
  const [best] = models.toSorted((a, b) => meritOf(b.report) - meritOf(a.report));
  if (best === undefined) return fail('No baseline could be fitted to these rows.');
  const width = classLabels(data.contract)?.length ?? 1;
  const pValue = await stepThrough(
    associationTest(models, heldOut.targets, width, PERMUTATIONS, random(seed, 'permutations')),
    surroundings,
  );
  const found = {
    pValue,
    permutations: PERMUTATIONS,
    trainingRows: training.count,
    heldOutRows: heldOut.count,
    baselines: judged.map(({ one: { model }, report }) => ({
      model: model.name,
      title: model.title,
      report,
    })),
  };
  const title = best.one.model.title;
  if (pValue > LUCK)
    return ok({
      ...found,
      verdict: 'no signal',
      says: `Nothing of what these columns say has to do with the target, as far as ${heldOut.count} held-out rows can show: agreement as good as that of ${title} comes by chance in ${shareWords(pValue)} of random orders. ${heldOut.count < FEW_HELD_OUT ? 'So few rows can hide a signal: bring more before you believe it.' : 'More rows of the same columns, here or elsewhere, are unlikely to help; other columns may.'}`,
      curve: null,
    });
  const isNumber = classLabels(data.contract) === undefined;
  const points: CurvePoint[] = [];
  for (const share of SHARES) {
    const rows = Math.round(training.count * share);
    if (rows < FEWEST_ROWS) continue;
    const losses: Float64Array[] = [];
    for (let repeat = 0; repeat < (share === 1 ? 1 : REPEATS); repeat += 1) {
      const part = share === 1 ? training : byHash(data, rows, repeat + 1, training);
      if (!isNumber && new Set(part.targets).size < 2) continue;
      const outputs = share === 1 ? best.outputs : await fitted(best.one, part);
      if (outputs !== undefined) losses.push(rowLosses({ contract: data.contract, heldOut }, outputs));
    }
    if (losses.length > 0) points.push({ rows, losses });
  }
  if (points.length < 3)
    return ok({
      ...found,
      verdict: 'more rows would help',
      says: `There is a signal, and ${training.count} rows are too few to see where a curve of them goes: bring more, or learn together with others.`,
      curve: null,
    });
  const now = training.count;
  const law = await stepThrough(
    learningCurve(points, [now, 2 * now, 10 * now], random(seed, 'curve')),
    surroundings,
  );
  const isWorth = law.gain.likely > (isNumber ? WORTHWHILE * law.foreseen[0]!.loss : WORTHWHILE);
  const curve = isNumber ? inUnits(law, data) : law;
  const verdict = isWorth ? 'more rows would help' : 'local is enough';
  return ok({
    ...found,
    verdict,
    says: sentence(verdict, curve, title, isNumber),
    curve: { ...curve, title, of: isNumber ? 'rmse' : 'wrong' },
  });
}

/** The first rows in an order of their hashes, another one for each repeat; those of a group one after the other. */
function byHash(
  { training: own, together }: BenchData,
  most: number,
  repeat = 0,
  among: Examples = own,
): Examples {
  const isWhole = among === own;
  const hashes = isWhole && together?.type === 'groups' ? together.hashes : firstWords(among.hashes);
  const keys = hashes.map((hash) => mixed(hash, repeat));
  const order = Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || a - b);
  return selectExamples(among, order.slice(0, most));
}

/** murmur3's finaliser (Appleby): every repeat has an order of its own, and the order of a file decides nothing. */
function mixed(hash: number, salt: number): number {
  let x = (hash ^ Math.imul(salt, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** From squared errors of scaled numbers to the target's own units. */
function inUnits(law: LearningCurve, { contract }: BenchData): LearningCurve {
  const scale =
    contract.kind === 'table' && contract.target.type === 'number' ? contract.target.standardDeviation : 1;
  const own = (loss: number): number => scale * Math.sqrt(Math.max(0, loss));
  const foreseen = law.foreseen.map(({ rows, loss, interval: { low, high } }) => ({
    rows,
    loss: own(loss),
    interval: { low: own(low), high: own(high) },
  }));
  const first = law.foreseen[0]!.loss;
  const gainOf = (gain: number): number => own(first) - own(first - gain);
  return {
    law: law.law,
    points: law.points.map(({ rows, loss }) => ({ rows, loss: own(loss) })),
    foreseen,
    gain: {
      value: gainOf(law.gain.value),
      likely: gainOf(law.gain.likely),
      interval: { low: gainOf(law.gain.interval.low), high: gainOf(law.gain.interval.high) },
    },
  };
}

function sentence(
  verdict: 'local is enough' | 'more rows would help',
  { foreseen, gain }: LearningCurve,
  title: string,
  isNumber: boolean,
): string {
  const [now, , then] = foreseen;
  const value = (loss: number): string => (isNumber ? plain(loss) : `${plain(100 * loss)} %`);
  const what = isNumber ? 'an RMSE of' : 'wrong answers in';
  const range = then === undefined ? '' : `${value(then.interval.low)} to ${value(then.interval.high)}`;
  const curve = `${title} has ${what} ${value(now?.loss ?? 0)} from ${now?.rows} rows; its curve foresees ${value(then?.loss ?? 0)} (${range}) from ten times as many.`;
  return verdict === 'local is enough'
    ? `There is a signal, and these rows are enough for it: ${curve} That is no difference worth the name (at most ${isNumber ? plain(gain.interval.high) : `${plain(100 * gain.interval.high)} points`}). Train alone; a federation may still help rows unlike these.`
    : `There is a signal, and more rows would sharpen it: ${curve} Ten devices with as many rows of the same kind would be that many; where theirs differ, less.`;
}

const plain = (value: number): string => String(Number(value.toPrecision(2)));
const shareWords = (share: number): string => `${plain(100 * share)} %`;
