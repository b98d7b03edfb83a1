// What `tributary train` prints: one JSON object a step, or the same in sentences.
import { addedSentence, shiftedSentence } from '#lib/participant/workbench/balance.ts';
import type { Analysis, ShownFairness, ShownSuspect } from '#lib/participant/workbench/analyse.ts';
import type { FoundGroups } from '#lib/participant/workbench/grouping/find-groups.ts';
import type { LeftOutColumn } from '#lib/participant/workbench/grouping/group-data.ts';
import type { Overfit } from '#lib/participant/workbench/overfit.ts';
import type { CrossValidation } from '#lib/participant/workbench/cross-validate.ts';
import type { KeptSplit } from '#lib/participant/workbench/kept-split.ts';
import type { SentRun } from '#lib/participant/workbench/send-run.ts';
import type { StepView } from '#lib/participant/step-view.ts';
import { toleranceSentence } from '#lib/participant/workbench/run-again.ts';
import { spokenGroups } from './spoken-groups.ts';
import type { BenchEntry, BenchEvent, BenchResult } from '#lib/participant/workbench/run-bench.ts';
import type { Interval } from '#lib/core/metrics/wilson.ts';
import type { Digest } from '#lib/core/ids.ts';
import type { StepReport } from '#lib/core/recipe/fit.ts';

export interface SpokenPreparation {
  /** Of the recipe. */
  readonly recipe: Digest;
  /** Over what it learnt and all prepared rows. */
  readonly digest: Digest;
  readonly steps: readonly StepReport[];
}

export type TrainLine =
  | ({ readonly type: 'analysis' } & Analysis)
  | ({ readonly type: 'fairness' } & ShownFairness)
  | ({ readonly type: 'cross-validation' } & CrossValidation)
  /** What a person should know, in a sentence. */
  | { readonly type: 'note'; readonly message: string }
  /** `holdsRows`: whoever is given the file is given rows that it was learnt from. */
  | { readonly type: 'saved'; readonly path: string; readonly holdsRows: boolean }
  /** For another program; `then`: what to do with it. */
  | {
      readonly type: 'exported';
      readonly directory: string;
      readonly files: readonly string[];
      readonly then: string;
    }
  /** To a tracking server. */
  | ({ readonly type: 'tracked' } & SentRun)
  | { readonly type: 'suspect-labels'; readonly count: number; readonly first: readonly ShownSuspect[] }
  | {
      readonly type: 'data';
      readonly training: number;
      readonly heldOut: number;
      readonly split: string;
      readonly features: number;
      /** Labels in target order; null for a number. */
      readonly classes: readonly string[] | null;
      readonly digest: Digest;
      /** What was done to the rows first; null: pictures. */
      readonly preparation: SpokenPreparation | null;
      readonly notes: readonly string[];
      /** How they were split, for `--split-as`; null: windows, and files that came split. */
      readonly kept: KeptSplit | null;
    }
  /** Of rows that groups are looked for among. */
  | {
      readonly type: 'rows';
      readonly rows: number;
      readonly features: number;
      readonly used: readonly string[];
      readonly leftOut: readonly LeftOutColumn[];
      readonly digest: Digest;
      /** null: of what a network sees. */
      readonly preparation: SpokenPreparation | null;
      readonly notes: readonly string[];
    }
  | ({ readonly type: 'overfit'; readonly model: string } & Overfit)
  /** A step of a network, looked at from inside. */
  | ({ readonly type: 'step' } & StepView)
  | BenchEvent
  | ({ readonly type: 'result' } & BenchResult & {
        readonly seed: number;
        readonly backend: string;
        readonly data: Digest;
      } & EndedLine)
  | ({ readonly type: 'groups' } & FoundGroups & EndedLine);

/** Of a run that has its model. */
interface EndedLine {
  /** The directory that keeps the run; null: none. */
  readonly state: string | null;
  /** Of a run that was had again: whether every bit of the model is as before; null for a first run. */
  readonly isSame: boolean | null;
  /** And whether it is the same as far as its engines allow. */
  readonly isWithin: boolean | null;
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const short = (value: number): string => value.toPrecision(4);
const within = (interval: Interval | undefined, spoken: (value: number) => string): string =>
  interval === undefined ? '' : ` (95 %: ${spoken(interval.low)} to ${spoken(interval.high)})`;

/** The figures of a model in one phrase. */
export function spokenReport({ report }: Pick<BenchEntry, 'report'>): string {
  if (report.type === 'number')
    return `RMSE ${short(report.rmse)}${within(report.rmseInterval, short)}, MAE ${short(report.mae)}${
      report.r2 === undefined ? '' : `, R² ${report.r2.toFixed(3)}`
    }`;
  return `accuracy ${percent(report.accuracy)}${within(report.accuracyInterval, percent)}, balanced ${percent(report.balancedAccuracy)}, F1 ${report.macro.f1.toFixed(3)}, log loss ${short(report.logLoss)}${
    report.rocArea === undefined ? '' : `, area below ROC ${report.rocArea.toFixed(4)}`
  }`;
}

/** Mean and standard deviation over the folds. */
function spokenSpread({ byFold, report }: CrossValidation): string {
  const mean = byFold.reduce((sum, one) => sum + one, 0) / byFold.length;
  const squares = byFold.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const spoken = report.type === 'number' ? short : percent;
  return `${spoken(mean)} ± ${spoken(Math.sqrt(squares / (byFold.length - 1)))}`;
}

const settingsOf = ({ options }: Pick<BenchEntry, 'options'>): string => {
  const given = Object.entries(options).map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`);
  return given.length === 0 ? '' : ` [${given.join(', ')}]`;
};

/** Sentences for a person; none for what only a program wants. */
export function spokenLine(line: TrainLine): readonly string[] {
  switch (line.type) {
    case 'data':
      return [
        `${line.training.toLocaleString('en')} rows to learn from, ${line.heldOut.toLocaleString('en')} held out (${line.split}); ${line.features} features${line.classes === null ? '' : `, ${line.classes.length} classes`}.`,
        ...spokenPreparation(line.preparation),
        ...line.notes.map((note) => `  ${note}`),
      ];
    case 'rows':
      return [
        `${line.rows.toLocaleString('en')} rows, none held out; ${line.features} features of ${line.used.join(', ')}.`,
        ...line.leftOut.map(({ name, why }) => `  “${name}” is left out: ${why}`),
        ...(line.preparation === null ? [] : spokenPreparation(line.preparation)),
        ...line.notes.map((note) => `  ${note}`),
      ];
    case 'groups':
      return [
        ...spokenGroups(line),
        `Model ${line.digest.slice(0, 16)}, ${line.bytes.toLocaleString('en')} bytes; seed ${line.seed}.`,
        ...spokenEnd(line),
      ];
    case 'overfit':
      return [
        `One batch of ${line.rows} rows, ${line.model}: loss ${line.losses
          .filter((_, step) => step % 20 === 0 || step === line.losses.length - 1)
          .map(short)
          .join(' → ')} (each 20 steps).`,
        line.says,
      ];
    case 'progress':
      return [];
    case 'step':
      return spokenStep(line);
    case 'recipe':
      return [
        `Prepared: ${line.title}: ${line.model}, loss ${short(line.loss)}. ${line.reason}${line.isTaken ? ' Taken.' : ''}`,
      ];
    case 'trial':
      return [
        `  ${line.number}. ${line.model}${settingsOf(line)}${line.share < 1 ? ` on ${percent(line.share)} of the rows` : ''}: ${line.loss === null ? 'could not be fitted' : `loss ${short(line.loss)}`}`,
      ];
    case 'analysis':
      return spokenAnalysis(line);
    case 'cross-validation':
      return [
        `Cross-validation, ${line.folds} folds, every row judged once: ${spokenReport(line)}; by fold ${spokenSpread(line)}.`,
      ];
    case 'note':
      return [line.message];
    case 'fairness':
      return spokenFairness(line);
    case 'saved':
      return [
        `Saved as ${line.path}.${line.holdsRows ? ' It holds rows that it was learnt from: give it to nobody who may not see them.' : ' It holds no rows; the categories and the words that it tells apart stand in it.'}`,
      ];
    case 'exported':
      return [`Exported to ${line.directory}. There: ${line.then}`];
    case 'tracked':
      return [`Told to ${line.server}, experiment “${line.experiment.name}”, as run ${line.run}.`];
    case 'suspect-labels':
      return [
        `${line.count} labels look wrong to models that have not seen them${line.count === 0 ? '.' : ', the most suspect first:'}`,
        ...line.first
          .slice(0, 5)
          .map(({ row, label, likelier }) => `  row ${row}: ${label}, probably ${likelier}`),
      ];
    case 'left-out':
      return [`${line.model} is left out: ${line.message}`];
    case 'baseline':
      return [`${line.entry.title}: ${spokenReport(line.entry)}`];
    case 'model':
      return [
        `${line.entry.title}${settingsOf(line.entry)}: ${spokenReport(line.entry)}`,
        ...(line.entry.members ?? []).map(
          (member) => `  ${percent(member.weight)} ${member.title}${settingsOf(member)}`,
        ),
      ];
    case 'result':
      return [
        ...line.leaderboard.map(
          ({ title, loss, reason, gain, bytes, msPerThousand, tradeOff }, place) =>
            `${place + 1}. ${title}: loss ${short(loss ?? NaN)}${gain === undefined ? '' : `, ${short(gain.gain)}${within(gain.interval, short)} better than the same answer for all`}. ${reason}${
              bytes === undefined || msPerThousand === undefined || tradeOff === undefined
                ? ''
                : ` ${bytes.toLocaleString('en')} bytes, ${short(msPerThousand)} ms a thousand rows${tradeOff.isOnFront ? '' : ', beaten'}: ${tradeOff.says}`
            }`,
        ),
        line.says,
        ...spokenBalance(line),
        `Model ${line.model.digest.slice(0, 16)}, ${line.model.bytes.toLocaleString('en')} bytes; seed ${line.seed}, engine ${line.backend}.`,
        ...spokenEnd(line),
      ];
    default:
      return line satisfies never;
  }
}

const spokenBalance = ({ balanced, model }: BenchResult): string[] =>
  balanced === undefined
    ? []
    : [addedSentence(balanced), shiftedSentence(balanced, model.report)].filter((one) => one !== undefined);

const spokenEnd = ({ state, isSame, isWithin }: EndedLine): string[] => [
  ...(state === null ? [] : [`Kept in ${state}.`]),
  ...(isSame === null
    ? []
    : [
        isSame
          ? 'Every bit of the model is as before.'
          : isWithin === true
            ? `Other bits, and the same within the tolerance. ${toleranceSentence}`
            : 'The model is NOT the one of the first run.',
      ]),
];

function spokenStep({ step, batch, phases, plainMs, engineMs, layers, ...view }: StepView): string[] {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const norm = (value: number | null): string => (value === null ? '–' : short(value));
  return [
    `Step ${step} on ${batch} rows: loss ${short(view.loss)}, gradient ${short(view.gradientNorm)}, update ${short(view.updateNorm)}; the engine took ${ms(engineMs)}.`,
    `  in plain loops ${ms(plainMs)}: forward ${ms(phases.forward)}, loss ${ms(phases.loss)}, backward ${ms(phases.backward)}, optimizer ${ms(phases.optimizer)}`,
    ...layers.map(
      (layer) =>
        `  ${layer.name} [${layer.outputShape.join(', ')}]: gradient ${norm(layer.gradientNorm)}, update ${norm(layer.updateNorm)}`,
    ),
  ];
}

/** Steps that changed how much there is. */
function spokenPreparation(preparation: SpokenPreparation | null): string[] {
  if (preparation === null) return [];
  const changes = preparation.steps.flatMap((report, at) => {
    const told = spokenChange(report);
    return told === '' ? [] : [`  ${at + 1}. ${report.step}: ${told}`];
  });
  return [
    `Prepared by recipe ${preparation.recipe.slice(0, 16)} to ${preparation.digest.slice(0, 16)}.`,
    ...changes,
  ];
}

/** "rows 100 → 98, cells without a value 5 → 0"; empty where a step changed none of them. */
export function spokenChange({ before, after }: Pick<StepReport, 'before' | 'after'>): string {
  const told = (what: string, from: number, to: number): string[] =>
    from === to ? [] : [`${what} ${from.toLocaleString('en')} → ${to.toLocaleString('en')}`];
  return [
    ...told('rows', before.rows, after.rows),
    ...told('columns', before.columns, after.columns),
    ...told('cells without a value', before.missing, after.missing),
  ].join(', ');
}

function spokenAnalysis({ importance, dependence, slices, tellingTerms = [] }: Analysis): string[] {
  const leaning = importance.filter(({ loss, deviation }) => loss > deviation).slice(0, 6);
  return [
    ...(leaning.length === 0
      ? []
      : [
          `It leans most on ${leaning.map(({ column, loss }) => `${column} (${short(loss)})`).join(', ')}: what it loses where that column is shuffled.`,
        ]),
    ...dependence.map(
      ({ column, points }) =>
        `  with ${column}: ${points.map(({ value, mean }) => `${value} → ${short(mean)}`).join(', ')}`,
    ),
    ...tellingTerms.map(
      ({ column, for: label, terms }) =>
        `  in ${column}, for ${label === null ? 'more' : `“${label}”`}: ${terms.map(({ term }) => term).join(', ')}`,
    ),
    ...slices.map(
      ({ conditions, count, meanLoss, otherLoss }) =>
        `Worse where ${conditions.map(({ column, says }) => `${column} ${says}`).join(' and ')}: loss ${short(meanLoss)} on ${count} rows, ${short(otherLoss)} elsewhere.`,
    ),
  ];
}

function spokenFairness({
  column,
  positive,
  groups,
  hidden,
  parityGap,
  parityRatio,
  oddsGap,
  meetsFourFifths,
}: ShownFairness): string[] {
  return [
    `“${positive}” by ${column}:`,
    ...groups.map(
      ({ group, count, selection, truePositives, falsePositives }) =>
        `  ${group === '' ? '(empty)' : group}: given to ${percent(selection)} of ${count}${truePositives === undefined ? '' : `, to ${percent(truePositives)} of those who are`}${falsePositives === undefined ? '' : `, to ${percent(falsePositives)} of those who are not`}`,
    ),
    ...(groups.length > 0
      ? []
      : [`  Every group has fewer than 10 rows: name a column of fewer values, ages by tens for example.`]),
    ...(hidden.length === 0 ? [] : [`  ${hidden.length} groups of fewer than 10 rows are hidden.`]),
    ...(parityGap === undefined || parityRatio === undefined
      ? []
      : [
          `  Parity gap ${percent(parityGap)}, odds gap ${oddsGap === undefined ? 'unknown' : percent(oddsGap)}; the lowest rate is ${percent(parityRatio)} of the highest: ${meetsFourFifths === true ? 'within' : 'outside'} the four-fifths rule.`,
        ]),
  ];
}
