// Trusting a device as root, against whose updates the others are measured, and taking that back: one request at a time.
import type { FederationView } from '#lib/protocol/views.ts';
import type { ConsoleApi } from './console-api.ts';
import type { ParticipantRecord } from './console-participants.ts';

export interface TrustedRoot {
  readonly participant: string;
  /** As it chose; what rounds no longer tell of is named by the beginning of its id. */
  readonly name: string;
}

/** Null where the strategy measures no update against another. */
export const trustedRoots = (
  { roots }: Pick<FederationView, 'roots'>,
  records: readonly ParticipantRecord[],
): readonly TrustedRoot[] | null =>
  roots?.map((participant) => ({
    participant,
    name:
      records.find((one) => one.participant === participant)?.name ??
      `Participant ${participant.slice(0, 8)}`,
  })) ?? null;

export class RootTrust {
  /** The device that is asked for now. */
  asked = $state.raw<string | null>(null);
  failure = $state<string | null>(null);

  readonly #api: ConsoleApi;
  readonly #accept: (view: FederationView) => void;

  constructor(api: ConsoleApi, accept: (view: FederationView) => void) {
    this.#api = api;
    this.#accept = accept;
  }

  async trust(federation: string, participant: string, trusted: boolean): Promise<void> {
    if (this.asked !== null) return;
    this.asked = participant;
    this.failure = null;
    const done = await this.#api.trust(federation, participant, trusted);
    this.asked = null;
    if (done.ok) this.#accept(done.value);
    else this.failure = done.error.message;
  }
}
