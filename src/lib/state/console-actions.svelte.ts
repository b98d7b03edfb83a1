// Start, pause, resume, finish: what each would do to whom, said before it is done, and the request that does it.
import type { RunAction } from '#lib/protocol/http.ts';
import type { FederationView, RunState } from '#lib/protocol/views.ts';
import type { ConsoleApi } from './console-api.ts';
import { count, counted } from './format.ts';

export interface ActionEffect {
  readonly action: RunAction;
  /** On the button that opens the dialog. */
  readonly button: string;
  readonly title: string;
  readonly sentences: readonly string[];
  /** On the button that does it, and while it is done. */
  readonly confirm: string;
  readonly busy: string;
  readonly danger: boolean;
}

const devices = (number: number): string => counted(number, 'device');

/** The actions that a state allows, the likeliest first. */
export function actionsIn(state: RunState): readonly RunAction[] {
  switch (state) {
    case 'draft':
    case 'finished':
      return ['start'];
    case 'running':
      return ['pause', 'finish'];
    case 'paused':
      return ['resume', 'finish'];
    default:
      return state satisfies never;
  }
}

export function effectOf(action: RunAction, view: FederationView): ActionEffect {
  const { goal, minimum, maximumRounds } = view.spec.rules;
  const open = view.round !== null && view.round.endedAt === null ? view.round : null;
  const inRound =
    open === null ? '' : `Round ${open.round} is in progress with ${devices(open.cohort.length)}.`;
  const target = view.spec.metric.target;
  switch (action) {
    case 'start': {
      const run = (view.run ?? 0) + 1;
      return {
        action,
        button: view.state === 'draft' ? 'Start' : 'Start a new run',
        title: view.run === null ? 'Start the first run' : `Start run ${run}`,
        sentences: [
          `A round opens as soon as ${devices(minimum)} are checked in, and closes when ${goal} updates are in. Checked in now: ${count(view.checkedIn)}.`,
          `The run ends after ${count(maximumRounds)} rounds${target === null ? '' : ', or as soon as a version reaches the target'}.`,
          view.run === null
            ? 'Once it has started, the data contract, model, plan and rules can be changed only after the run has ended.'
            : `It goes on from version ${view.head.version}.`,
        ],
        confirm: view.run === null ? 'Start' : `Start run ${run}`,
        busy: 'Starting…',
        danger: false,
      };
    }
    case 'pause':
      return {
        action,
        button: open === null ? 'Pause' : 'Pause after round',
        title: 'Pause the run',
        sentences: [
          open === null
            ? 'No new round opens.'
            : `${inRound} It goes on to its end; then no new round opens.`,
          `${devices(view.connected)} ${view.connected === 1 ? 'is' : 'are'} connected and will read that the coordinator paused this run. Nothing is lost.`,
        ],
        confirm: open === null ? 'Pause' : 'Pause after round',
        busy: 'Pausing…',
        danger: false,
      };
    case 'resume':
      return {
        action,
        button: 'Resume',
        title: 'Resume the run',
        sentences: [
          `Rounds open again, from version ${view.head.version}, as soon as ${devices(minimum)} are checked in. Checked in now: ${count(view.checkedIn)}.`,
        ],
        confirm: 'Resume',
        busy: 'Resuming…',
        danger: false,
      };
    case 'finish':
      return {
        action,
        button: 'Finish…',
        title: `Finish run ${view.run ?? 1}`,
        sentences: [
          `The run ends after ${count(view.roundsCommitted)} of ${count(maximumRounds)} rounds.`,
          ...(open === null
            ? []
            : [`${inRound} It is abandoned: the work of these devices in this round is not used.`]),
          `${devices(view.connected)} ${view.connected === 1 ? 'is' : 'are'} told that it has ended. All versions, receipts and the alias live stay as they are; a new run can be started later.`,
        ],
        confirm: `Finish run ${view.run ?? 1}`,
        busy: 'Finishing…',
        danger: true,
      };
    default:
      return action satisfies never;
  }
}

/** One dialog at a time: asked, then confirmed or dropped. */
export class RunActions {
  asked = $state.raw<ActionEffect | null>(null);
  busy = $state(false);
  failure = $state<string | null>(null);

  readonly #api: ConsoleApi;
  readonly #accept: (view: FederationView) => void;

  constructor(api: ConsoleApi, accept: (view: FederationView) => void) {
    this.#api = api;
    this.#accept = accept;
  }

  ask(action: RunAction, view: FederationView): void {
    this.failure = null;
    this.asked = effectOf(action, view);
  }

  drop(): void {
    if (!this.busy) this.asked = null;
  }

  async confirm(federation: string): Promise<void> {
    const { asked } = this;
    if (asked === null || this.busy) return;
    this.busy = true;
    this.failure = null;
    const done = await this.#api.act(federation, asked.action);
    this.busy = false;
    if (!done.ok) {
      this.failure = done.error.message;
      return;
    }
    this.asked = null;
    this.#accept(done.value);
  }
}
