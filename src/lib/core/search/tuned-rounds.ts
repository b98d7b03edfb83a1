// Local settings that a federation tries in its rounds: which are in play, who is given which, and what a round makes of them, by
// whichever tuner the spec names. A device is judged by what training changed on rows that it keeps apart ("diff" of the FedEx
// authors' own program, github.com/mkhodak/FedEx, here as a share): unlike the loss itself, that says little of how hard its rows are.
import * as v from 'valibot';
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { FederationSpec, LocalTuning } from '../federation.ts';
import type { TrainingPlan } from '../model/spec.ts';
import { random } from '../random.ts';
import { fedex } from './fedex.ts';
import { fedpop } from './fedpop.ts';
import type { Tried } from './judged.ts';
import type { InPlay, TunedSpec, Tuner } from './tuner.ts';

/** What rounds came to, as a run's record keeps it. */
export const TuningState = v.union([fedex.state, fedpop.state]);
export type TuningState = v.InferOutput<typeof TuningState>;

type Planned = TunedSpec & Pick<FederationSpec, 'tuning'>;
interface Place {
  readonly federation: string;
  readonly round: number;
}

/** A tuner that was told what the spec says of it, and knows what rounds came to. */
interface Tuning {
  readonly inPlay: readonly InPlay[];
  after(tried: readonly Tried[], place: Place): TuningState;
  readonly told: Readonly<Record<string, unknown>>;
  readonly issues: readonly StrategyIssue[];
}

function tuningOf(tuning: LocalTuning, spec: TunedSpec, kept: TuningState | undefined): Tuning {
  switch (tuning.by) {
    case 'fedex':
      return bound(fedex, tuning, spec, kept);
    case 'fedpop':
      return bound(fedpop, tuning, spec, kept);
    default:
      return tuning satisfies never;
  }
}

/** `kept` undefined: there was no round yet. */
function bound<Choice, State extends TuningState>(
  tuner: Tuner<Choice, State>,
  choice: Choice,
  spec: TunedSpec,
  kept: TuningState | undefined,
): Tuning {
  const state = kept === undefined ? tuner.first(choice, spec) : v.parse(tuner.state, kept);
  return {
    get inPlay() {
      return tuner.inPlay(choice, spec, state);
    },
    after(tried, { federation, round }) {
      const reports = tried.map((one) => ({ settings: one.settings, loss: changeOf(one), rows: one.rows }));
      const draw = random(spec.plan.seed, 'tuned-settings', federation, round);
      return tuner.after(choice, spec, state, reports, draw);
    },
    get told() {
      return tuner.told(state);
    },
    get issues() {
      return tuner.check(choice, spec);
    },
  };
}

/** What is in play in the next round; undefined where nothing is tried. */
export const inPlayOf = (spec: Planned, kept: TuningState | undefined): readonly InPlay[] | undefined =>
  spec.tuning === undefined ? undefined : tuningOf(spec.tuning, spec, kept).inPlay;

/** What a device is given in a round, by its place among all in play: the same however often it is asked for. */
export function settingsDrawn(
  spec: Planned,
  kept: TuningState | undefined,
  { federation, round, participant }: Place & { readonly participant: string },
): number {
  const draw = random(spec.plan.seed, 'local-settings', federation, round, participant).next();
  return drawnPlace(inPlayOf(spec, kept) ?? [], draw);
}

/** The place of a draw from 0 to 1. */
export function drawnPlace(among: readonly Pick<InPlay, 'chance'>[], draw: number): number {
  let sum = 0;
  for (const [at, { chance }] of among.entries()) {
    sum += chance;
    if (draw < sum) return at;
  }
  return among.length - 1;
}

/** `place`: as settingsDrawn has it of the same state. */
export function planInPlay(spec: Planned, kept: TuningState | undefined, place: number): TrainingPlan {
  const settings = inPlayOf(spec, kept)?.[place];
  if (settings === undefined) return spec.plan;
  const { chance: _, ...tried } = settings;
  return { ...spec.plan, ...tried };
}

/**
 * The change of the loss as a share of what it was, from −1 to 1: neither a claim nor rows whose errors are large by their unit weigh
 * more than others of as many rows. Beyond twice the loss of before all is alike, and so is training that came to nothing.
 */
const changeOf = ({ before, after }: Pick<Tried, 'before' | 'after'>): number =>
  after === null ? 1 : before === 0 ? 0 : Math.min(after / before, 2) - 1;

/** What a round makes of what came before it, and what the journal is told of that; undefined where nothing is tried. */
export function tunedBy(
  spec: Planned,
  kept: TuningState | undefined,
  tried: readonly Tried[],
  place: Place,
): { readonly state: TuningState; readonly told: Readonly<Record<string, unknown>> } | undefined {
  if (spec.tuning === undefined) return undefined;
  const state = tuningOf(spec.tuning, spec, kept).after(tried, place);
  return { state, told: tuningOf(spec.tuning, spec, state).told };
}

/** What the chosen tuner cannot be asked for. */
export const tunerIssues = (tuning: LocalTuning, spec: TunedSpec): readonly StrategyIssue[] =>
  tuningOf(tuning, spec, undefined).issues;
