// Models of a search that answer together: which, and with which weights, is found on rows that none of them had learnt from
// (core/search/ensemble.ts), and judged on rows that the weights had not seen either.
import { classLabels } from '../../core/data/contract.ts';
import { selectExamples } from '../../core/data/examples.ts';
import { selectEnsemble, type SelectionRule } from '../../core/search/ensemble.ts';
import { ensembleOf, type BenchModel, type Member } from './models.ts';
import { lossOfParts, type TriedOut, type TryOut } from './try-out.ts';
import type { Trial } from './trial.ts';

/** Adding the same ones over and over only refines weights, in steps of a twentieth. */
const ROUNDS = 20;
/** Each is fitted to all rows once more, and asked at each prediction. */
const MEMBERS = 5;
/** So many of the best trials may be in it, beside the best of each kind: kinds that err otherwise mend each other. */
const BEST = 8;
const GROUPS = 5;

/** Trials that may be members: a trial that is none will not become one by more trials, so that what it said can be forgotten. */
export function candidatesOf<T extends Trial>(trials: readonly T[]): readonly T[] {
  const known = trials
    .filter(({ share, loss }) => share === 1 && loss !== null)
    .toSorted((a, b) => (a.loss ?? 0) - (b.loss ?? 0));
  const kinds = new Set<string>();
  return known.filter(({ model }, place) => {
    const isFirst = !kinds.has(model);
    kinds.add(model);
    return isFirst || place < BEST;
  });
}

export interface FoundEnsemble {
  readonly model: Extract<BenchModel, { type: 'ensemble' }>;
  /** Of the ensemble, its weights found on other rows than those that judge. */
  readonly trial: Trial;
  /** What choosing one of the candidates alone comes to, judged in the same way. */
  readonly oneAlone: number;
}

export interface EnsembleQuestion extends Pick<TryOut, 'contract' | 'rows' | 'parts' | 'balance'> {
  /** Candidates, best first. */
  readonly tried: readonly TriedOut[];
  readonly modelOf: (trial: Trial) => Member['chosen'];
}

/** undefined where one alone is best, or there is no more than one. */
export function* findEnsemble(
  question: EnsembleQuestion,
): Generator<void, FoundEnsemble | undefined, undefined> {
  const { contract, rows, parts, balance, tried, modelOf } = question;
  if (tried.length < 2) return undefined;
  const kind: SelectionRule['kind'] = classLabels(contract) === undefined ? 'errors' : 'shares';
  const judged = rowsThatJudge(question, kind);
  const rule = { kind, rounds: ROUNDS, members: MEMBERS };
  const all = Uint32Array.from(judged.group, (_, at) => at);
  const found = yield* selectEnsemble(judged.answers, all, rule);
  const members = membersOf(found.picks, tried, modelOf);
  if (members.length < 2) return undefined;
  const together = blank(tried);
  const alone = blank(tried);
  for (let group = 0; group < GROUPS; group += 1) {
    const others = all.filter((at) => judged.group[at] !== group);
    const own = all.filter((at) => judged.group[at] === group);
    if (own.length === 0) continue;
    // Where all rows are of one group nothing else can find the weights.
    const from = others.length === 0 ? own : others;
    const { picks } = yield* selectEnsemble(judged.answers, from, rule);
    const one = yield* selectEnsemble(judged.answers, from, { ...rule, rounds: 1 });
    for (const at of own) {
      judged.mix(together, at, picks);
      judged.mix(alone, at, one.picks);
    }
    yield;
  }
  const lossOf = (outputs: readonly Float64Array[]) =>
    lossOfParts({ contract, rows, parts, balance }, outputs);
  const model = ensembleOf(members);
  return {
    model,
    trial: { model: model.name, options: {}, share: 1, ...lossOf(together), ...costOf(found.picks, tried) },
    oneAlone: lossOf(alone).loss,
  };
}

const blank = ([first]: readonly TriedOut[]): Float64Array[] =>
  (first?.outputs ?? []).map((own) => new Float64Array(own.length));

/** The rows of all parts one after the other: what each candidate says of them, and the group that judges them. */
function rowsThatJudge(
  { rows, parts, tried }: EnsembleQuestion,
  kind: SelectionRule['kind'],
): {
  readonly answers: readonly Float64Array[];
  readonly group: Uint8Array;
  mix(into: readonly Float64Array[], at: number, picks: readonly number[]): void;
} {
  const total = parts.reduce((sum, { judging }) => sum + judging.length, 0);
  const group = new Uint8Array(total);
  const places: { readonly part: number; readonly row: number }[] = [];
  const answers = tried.map(() => new Float64Array(total));
  for (const [part, { judging }] of parts.entries()) {
    const { targets, hashes } = selectExamples(rows, judging);
    for (let row = 0; row < judging.length; row += 1) {
      const at = places.length;
      places.push({ part, row });
      // Where one part judges, its rows are parted by the word of their hashes that has not parted them yet.
      group[at] = parts.length > 1 ? part : hashes[2 * row]! % GROUPS;
      for (const [one, { outputs }] of tried.entries()) {
        const own = outputs[part]!;
        const width = own.length / judging.length;
        answers[one]![at] = kind === 'errors' ? own[row]! - targets[row]! : own[row * width + targets[row]!]!;
      }
    }
  }
  return {
    answers,
    group,
    mix(into, at, picks) {
      const { part, row } = places[at]!;
      const count = picks.reduce((sum, one) => sum + one, 0);
      const own = into[part]!;
      const width = own.length / parts[part]!.judging.length;
      for (const [one, times] of picks.entries())
        for (let k = 0; times > 0 && k < width; k += 1)
          own[row * width + k]! += (times / count) * tried[one]!.outputs[part]![row * width + k]!;
    },
  };
}

/** The heaviest first. */
function membersOf(
  picks: readonly number[],
  tried: readonly TriedOut[],
  modelOf: EnsembleQuestion['modelOf'],
): readonly Member[] {
  const count = picks.reduce((sum, one) => sum + one, 0);
  return tried
    .flatMap(({ trial }, at) =>
      picks[at] === 0 ? [] : [{ chosen: modelOf(trial), weight: picks[at]! / count }],
    )
    .toSorted((a, b) => b.weight - a.weight);
}

/** All members are kept, and all are asked. */
function costOf(
  picks: readonly number[],
  tried: readonly TriedOut[],
): Pick<Trial, 'bytes' | 'msPerThousand'> {
  const costs = tried.filter((_, at) => picks[at]! > 0).map(({ trial }) => trial);
  const sum = (of: (trial: Trial) => number | undefined): number =>
    costs.reduce((all, trial) => all + (of(trial) ?? 0), 0);
  return { bytes: sum((trial) => trial.bytes), msPerThousand: sum((trial) => trial.msPerThousand) };
}
