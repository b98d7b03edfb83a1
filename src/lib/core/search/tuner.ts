// What a way to find local settings while a run trains is: a file beside this one, a line in tuned-rounds.ts, what it is told in the spec
// (LocalTuning in federation.ts), and its fields in the form. It is pure: what it draws comes from the seed that it is given.
import type * as v from 'valibot';
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { FederationSpec } from '../federation.ts';
import type { Random } from '../random.ts';
import type { TriedSettings } from './settings-tried.ts';

/** Settings that a device may be given in the next round, and how likely it is given them. */
export type InPlay = TriedSettings & { readonly chance: number };

/** What one device measured: after its training, on rows that it had not trained on. */
export interface TrialReport {
  /** Which settings it trained by: their place among those in play. */
  readonly settings: number;
  /** The change of its loss, from −1 to 1: below 0 training helped. */
  readonly loss: number;
  /** Rows that it was measured on. */
  readonly rows: number;
}

export type TunedSpec = Pick<FederationSpec, 'plan' | 'rules'>;

/** `Choice`: what the spec says of it. `State`: what a run's record keeps of its rounds. */
export interface Tuner<Choice, State> {
  /** What was kept is read by it. */
  readonly state: v.GenericSchema<unknown, State>;
  /** Before any round. */
  first(choice: Choice, spec: TunedSpec): State;
  /** Their chances add up to 1. */
  inPlay(choice: Choice, spec: TunedSpec, state: State): readonly InPlay[];
  /** `draw`: the round's own. */
  after(choice: Choice, spec: TunedSpec, state: State, reports: readonly TrialReport[], draw: Random): State;
  /** For the journal's line of a round. */
  told(state: State): Readonly<Record<string, unknown>>;
  /** What it cannot be asked for, beyond what none can (check-tuning.ts). */
  check(choice: Choice, spec: TunedSpec): readonly StrategyIssue[];
}
