// One federation as the console sees it: the present view by socket.io `watch`, and the lists (versions, rounds, alias
// moves) read again when the view says that they have grown. A light client on the page: it proves nothing, takes no
// part, and reads every message by its schema.
import { createContext } from 'svelte';
import * as v from 'valibot';
import type { FederationId } from '#lib/core/ids.ts';
import { ok } from '#lib/core/result.ts';
import type { Handshake } from '#lib/protocol/handshake.ts';
import { PROTOCOL_VERSION } from '#lib/protocol/limits.ts';
import { Answer } from '#lib/protocol/messages.ts';
import { FederationView, type AliasMove, type RoundView, type VersionView } from '#lib/protocol/views.ts';
import { attentionOf } from './console-attention.ts';
import type { ConsoleApi } from './console-api.ts';

/** connecting: never been live · live · reconnecting: lost, trying again · refused: the server will not be watched. */
export type LiveConnection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'reconnecting'; readonly since: number }
  | { readonly state: 'refused'; readonly reason: string };

/** The part of a socket.io client that is used here. */
export interface WatchSocket {
  on(event: string, listener: (payload: unknown) => void): unknown;
  emit(event: string, payload: unknown, acknowledge: (answer: unknown) => void): unknown;
  disconnect(): unknown;
}

export interface LivePage {
  readonly view: FederationView;
  readonly versions: readonly VersionView[];
  readonly rounds: readonly RoundView[];
  readonly aliases: readonly AliasMove[];
  /** The server's clock when it made the page: its times are shown against it, not against this device's clock. */
  readonly servedAt: number;
}

export const ROUNDS_SHOWN = 100;
const ROUNDS_AGAIN = 5;

export class ConsoleLive {
  view = $state.raw<FederationView>() as FederationView;
  versions = $state.raw<readonly VersionView[]>([]);
  rounds = $state.raw<readonly RoundView[]>([]);
  aliases = $state.raw<readonly AliasMove[]>([]);
  connection = $state.raw<LiveConnection>({ state: 'connecting' });
  /** When the view was last told, in the server's clock. */
  updatedAt = $state(0);
  /** The server's clock, moved every half second while the page is open. */
  now = $state(0);
  /** Why a list could not be read again; null once it could. */
  failure = $state<string | null>(null);

  /** The moment that the view tells of: now while it is live, else when it was last told. Nothing is drawn beyond it. */
  readonly asOf = $derived(this.connection.state === 'reconnecting' ? this.updatedAt : this.now);
  readonly attention = $derived(attentionOf(this.view, this.rounds, this.versions));
  readonly liveVersion = $derived(this.versions.find((one) => one.version === this.view.live));
  /** Newest version that devices have scored. */
  readonly scored = $derived([...this.versions].reverse().find((one) => one.evaluation !== null));
  readonly abandoned = $derived(this.rounds.filter((round) => round.phase === 'abandoned'));
  /** Milliseconds; undefined until a round has been committed. */
  readonly medianRoundMs = $derived.by(() => {
    const times = this.versions
      .flatMap((one) => (one.durationMs === null ? [] : [one.durationMs]))
      .sort((a, b) => a - b);
    if (times.length === 0) return undefined;
    const middle = times.length >> 1;
    return times.length % 2 === 1 ? times[middle] : ((times[middle - 1] ?? 0) + (times[middle] ?? 0)) / 2;
  });
  readonly bytes = $derived({
    up: this.versions.reduce((total, one) => total + one.bytesUp, 0),
    down: this.versions.reduce((total, one) => total + one.bytesDown, 0),
  });

  readonly #api: ConsoleApi;
  #clockOffset = -Infinity;
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(page: LivePage, api: ConsoleApi) {
    this.#api = api;
    this.take(page);
  }

  /** A page served anew (navigation) replaces what is older. */
  take(page: LivePage): void {
    this.#clockOffset = Math.max(this.#clockOffset, page.servedAt - Date.now());
    this.#learnClock(page.view);
    this.view = page.view;
    this.versions = page.versions;
    this.rounds = page.rounds;
    this.aliases = page.aliases;
    this.updatedAt = page.servedAt;
    this.now = page.servedAt;
  }

  /** Listens until the returned function is called. `connect` opens a socket with the handshake. */
  watch(connect: (handshake: Handshake) => WatchSocket, every: (tick: () => void) => () => void): () => void {
    const federation: FederationId = this.view.id;
    const socket = connect({ protocol: PROTOCOL_VERSION, proof: null, kind: 'tab', name: null });
    socket.on('connect', () =>
      socket.emit('watch', { federation }, (told) => {
        const answer = v.safeParse(Answer, told);
        if (!answer.success)
          this.connection = {
            state: 'refused',
            reason: 'The server answered in a form that this page does not know. Reload the page.',
          };
        else if (!answer.output.ok) this.connection = { state: 'refused', reason: answer.output.message };
        else {
          this.connection = { state: 'live' };
          if (answer.output.view !== null) this.#told(answer.output.view);
          // What was committed or moved while nobody listened is in the lists.
          void this.read();
        }
      }),
    );
    socket.on('federation', (told) => {
      const view = v.safeParse(FederationView, told);
      if (view.success && view.output.id === federation) this.#told(view.output);
    });
    const lost = (): void => {
      if (this.connection.state !== 'reconnecting')
        this.connection = { state: 'reconnecting', since: this.#serverNow() };
    };
    socket.on('disconnect', lost);
    socket.on('connect_error', lost);
    const stopTicking = every(() => (this.now = this.#serverNow()));
    return () => {
      stopTicking();
      socket.disconnect();
    };
  }

  /** Reads the lists again; while a reading runs, further wishes join into one more. */
  read(): Promise<void> {
    if (this.#reading !== undefined) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    do {
      this.#again = false;
      const id = this.view.id;
      const [versions, rounds, aliases] = await Promise.all([
        this.#api.versions(id),
        this.#newestRounds(id),
        this.#api.aliases(id),
      ]);
      if (versions.ok) this.versions = versions.value;
      if (rounds.ok) this.rounds = rounds.value;
      if (aliases.ok) this.aliases = aliases.value;
      const failed = [versions, rounds, aliases].find((one) => !one.ok);
      this.failure = failed === undefined || failed.ok ? null : failed.error.message;
    } while (this.#again);
  }

  /** A round with its cohort is large: only the newest are read again, unless more were missed than that. */
  async #newestRounds(id: string): Promise<Awaited<ReturnType<ConsoleApi['rounds']>>> {
    const newest = await this.#api.rounds(id, ROUNDS_AGAIN);
    const oldest = newest.ok ? newest.value.at(-1)?.round : undefined;
    if (!newest.ok || oldest === undefined) return newest;
    const kept = this.rounds.filter((round) => round.round < oldest);
    if (oldest > 1 && kept[0]?.round !== oldest - 1) return this.#api.rounds(id, ROUNDS_SHOWN);
    return ok([...newest.value, ...kept].slice(0, ROUNDS_SHOWN));
  }

  /** A view that the server told, by socket or as the answer to an action. */
  accept(view: FederationView): void {
    this.#told(view);
  }

  #told(view: FederationView): void {
    const before = this.view;
    this.#learnClock(view);
    this.view = view;
    // Scores of the newest version come in one device at a time: they are in the view itself.
    const at = this.versions.findIndex((version) => version.version === view.head.version);
    if (at >= 0) this.versions = this.versions.with(at, view.head);
    this.updatedAt = this.#serverNow();
    this.now = this.updatedAt;
    const grown =
      before.head.version !== view.head.version ||
      before.live !== view.live ||
      before.state !== view.state ||
      before.round?.round !== view.round?.round ||
      (before.round?.phase !== view.round?.phase && view.round?.endedAt !== null);
    if (grown) void this.read();
  }

  #serverNow(): number {
    return Date.now() + this.#clockOffset;
  }

  /** The server's clock is not behind anything that it tells of: the estimate from the page's making only grows better. */
  #learnClock(view: FederationView): void {
    const told = [
      view.head.committedAt,
      view.round?.openedAt ?? 0,
      view.round?.endedAt ?? 0,
      ...(view.round?.cohort.flatMap((member) => member.history.map((entry) => entry.at)) ?? []),
    ];
    this.#clockOffset = Math.max(this.#clockOffset, Math.max(...told) - Date.now());
  }
}

export const [useConsoleLive, provideConsoleLive] = createContext<ConsoleLive>();
