// Devices that are left out of a federation: the list, leaving one out with a reason that its person reads, and letting it in
// again. One request at a time.
import type { Result } from '#lib/core/result.ts';
import type { ApiError, ExclusionView } from '#lib/protocol/http.ts';
import type { ConsoleApi } from './console-api.ts';

export class ConsoleExclusions {
  /** Undefined: not read yet. */
  list = $state.raw<readonly ExclusionView[] | undefined>();
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
