// Devices that are left out of a federation: the list, leaving one out with a reason that its person reads, and letting it in
// again, one request at a time; and what weighs on those that send what cannot be used.
import type { Result } from '#lib/core/result.ts';
import type { ExclusionView, StandingView } from '#lib/protocol/exclusions.ts';
import type { ApiError } from '#lib/protocol/http.ts';
import type { ConsoleApi } from './console-api.ts';

export class ConsoleExclusions {
  /** Undefined: not read yet. */
  list = $state.raw<readonly ExclusionView[] | undefined>();
  /** By participant; empty: nothing weighs on anybody, or it is not read yet. */
  reputation = $state.raw<ReadonlyMap<string, StandingView>>(new Map());
  /** The device that is asked for now. */
  asked = $state.raw<string | null>(null);
  failure = $state<string | null>(null);

  readonly #api: ConsoleApi;
  readonly #federation: string;

  constructor(api: ConsoleApi, federation: string) {
    this.#api = api;
    this.#federation = federation;
  }

  read(): Promise<boolean> {
    return this.#take('', () => this.#api.exclusions(this.#federation));
  }

  /** Asked again and again while the page is shown; a failure leaves what was read. */
  async readReputation(): Promise<void> {
    const told = await this.#api.reputation(this.#federation);
    if (told.ok) this.reputation = new Map(told.value.map((one) => [one.participant, one]));
  }

  /** Whether it is left out now. */
  exclude(participant: string, reason: string): Promise<boolean> {
    return this.#take(participant, () => this.#api.exclude(this.#federation, participant, reason));
  }

  readmit(participant: string): Promise<boolean> {
    return this.#take(participant, () => this.#api.readmit(this.#federation, participant));
  }

  async #take(
    participant: string,
    ask: () => Promise<Result<readonly ExclusionView[], ApiError>>,
  ): Promise<boolean> {
    if (this.asked !== null) return false;
    this.asked = participant;
    this.failure = null;
    const told = await ask();
    this.asked = null;
    if (told.ok) this.list = told.value;
    else this.failure = told.error.message;
    return told.ok;
  }
}
