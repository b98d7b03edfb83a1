// A run of the workbench: baselines, then the model, each fitted to training rows and judged once on the held-out ones, and what that
// says. The same in a tab and on a command line; the same bytes for the same rows, settings and seed on the same engine.
import { baselinesOf, type BenchModel } from './models.ts';
import type { BenchData } from './bench-data.ts';
import { fitModel, type Fitted, type FitSurroundings } from './fit.ts';
import {
  compareModels,
  judge,
  meritOf,
  verdictOf,
  type Comparison,
  type Judged,
  type Report,
} from './judge.ts';
import { readOptions, type OptionValues } from '../../core/named-options.ts';
import type { Digest } from '../../core/ids.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** One fitted model and what it is worth; all of it can be written down. */
export interface BenchEntry {
  readonly model: string;
  readonly title: string;
  readonly options: OptionValues;
  readonly report: Report;
  readonly digest: Digest;
  readonly bytes: number;
  /** Of the model against this one. */
  readonly comparison: Comparison | undefined;
}

export interface BenchResult {
  readonly verdict: 'signal' | 'no signal';
  /** In a sentence. */
  readonly says: string;
  readonly model: BenchEntry;
  readonly baselines: readonly BenchEntry[];
}

export type BenchEvent =
  | { readonly type: 'progress'; readonly model: string; readonly fraction: number }
  | { readonly type: 'baseline' | 'model'; readonly entry: BenchEntry; readonly ms: number }
  /** A model that could not be fitted, in a sentence: the run goes on without it. */
  | { readonly type: 'left-out'; readonly model: string; readonly message: string };

export interface ChosenModel {
  readonly model: BenchModel;
  readonly options: OptionValues;
}

export interface BenchRun {
  readonly data: BenchData;
  readonly chosen: ChosenModel;
  readonly seed: number;
}

export interface BenchOutcome {
  readonly result: BenchResult;
  /** The model itself; closed by whoever called. */
  readonly fitted: Fitted;
  /** [held-out rows, outputs] */
  readonly outputs: Float64Array<ArrayBuffer>;
}

/** Refused with a sentence where the model cannot be fitted. Rejects with the signal's reason. */
export async function runBench(
  { data, chosen, seed }: BenchRun,
  surroundings: FitSurroundings,
  tell: (event: BenchEvent) => void,
): Promise<Result<BenchOutcome, string>> {
  const unsuited = chosen.model.unsuited(data.contract);
  if (unsuited !== undefined) return fail(`${chosen.model.title} does not suit these data: ${unsuited}`);
  const fitAndJudge = async ({ model, options }: ChosenModel) => {
    const fitted = await fitModel(
      { model, options, contract: data.contract, rows: data.training, seed },
      { ...surroundings, onProgress: (fraction) => tell({ type: 'progress', model: model.name, fraction }) },
    );
    if (!fitted.ok) return fitted;
    const outputs = await fitted.value.predict(data.heldOut.features, data.heldOut.count);
    if (!outputs.every(Number.isFinite))
      return fail(`${model.title} predicts something that is no number. Another setting may help.`);
    const judged = judge(data.contract, outputs, data.heldOut, seed);
    if (judged === undefined) return fail('No row is held out.');
    return ok({ fitted: fitted.value, judged, outputs });
  };
  const baselines: { readonly one: ChosenModel; readonly judged: Judged; readonly fitted: Fitted }[] = [];
  for (const model of baselinesOf(data.contract)) {
    const options = readOptions(model, {});
    if (!options.ok) throw new Error(options.error.message);
    const one = { model, options: options.value };
    const started = surroundings.clock.monotonic();
    const done = await fitAndJudge(one);
    if (!done.ok) {
      tell({ type: 'left-out', model: model.name, message: done.error });
      continue;
    }
    done.value.fitted.close();
    baselines.push({ one, judged: done.value.judged, fitted: done.value.fitted });
    const ms = surroundings.clock.monotonic() - started;
    tell({ type: 'baseline', entry: entryOf(one, done.value.judged, done.value.fitted, undefined), ms });
  }
  const started = surroundings.clock.monotonic();
  const done = await fitAndJudge(chosen);
  if (!done.ok) return done;
  const { fitted, judged, outputs } = done.value;
  const entry = entryOf(chosen, judged, fitted, undefined);
  tell({ type: 'model', entry, ms: surroundings.clock.monotonic() - started });
  const compared = baselines.map((one) =>
    entryOf(one.one, one.judged, one.fitted, compareModels(judged, one.judged, seed)),
  );
  const floor = compared.find((one) => one.model === 'constant')?.comparison;
  const verdict = floor === undefined ? 'no signal' : verdictOf(floor);
  return ok({
    fitted,
    outputs,
    result: { verdict, says: sentence(verdict, entry, compared), model: entry, baselines: compared },
  });
}

const entryOf = (
  { model, options }: ChosenModel,
  { report }: Judged,
  fitted: Fitted,
  comparison: Comparison | undefined,
): BenchEntry => ({
  model: model.name,
  title: model.title,
  options,
  report,
  digest: fitted.digest,
  bytes: fitted.bytes,
  comparison,
});

function sentence(
  verdict: BenchResult['verdict'],
  model: BenchEntry,
  baselines: readonly BenchEntry[],
): string {
  if (verdict === 'no signal')
    return `${model.title} is not better than the same answer for all by more than the luck of the ${model.report.count} held-out rows explains: these columns do not tell the target, or there are too few rows.`;
  const best = baselines
    .filter((one) => one.model !== model.model)
    .toSorted((a, b) => meritOf(b.report) - meritOf(a.report))[0];
  const interval = best?.comparison?.interval;
  if (best === undefined || interval === undefined)
    return `${model.title} learns something from these columns.`;
  if (interval.low > 0)
    return `${model.title} is better than every baseline; the next best is ${best.title}.`;
  return `${model.title} learns something, but is not clearly better than ${best.title}, which is simpler.`;
}
