// One federation as a participant's page sees it: what the server rendered, kept fresh by asking again every few seconds
// while somebody looks. Small on purpose: the join page has no socket. The socket lives in the device worker.
import { createContext } from 'svelte';
import type { FederationId } from '../core/ids.ts';
import type { FederationView, VersionView } from '../protocol/views.ts';
import { areVersions, isFederation } from './federation-answers.ts';
import { measured, quality } from './federation-progress.ts';

/** live: the last question was answered · offline: this device has no network · unreachable: the server does not answer. */
export type Reach = 'live' | 'offline' | 'unreachable';

const ROUND_MS = 1_500;
const QUIET_MS = 4_000;

export interface FederationPage {
  readonly view: FederationView;
  readonly versions: readonly VersionView[];
  /** The server's clock when it made the page. */
  readonly servedAt: number;
}

export class FederationLive {
  view = $state.raw<FederationView>() as FederationView;
  versions = $state.raw<readonly VersionView[]>([]);
  reach = $state<Reach>('live');
  /** This device's clock at the last answer; null before the first. */
  updatedAt = $state<number | null>(null);

  readonly spec = $derived(this.view.spec);
  readonly metric = $derived(this.view.spec.metric.name);
  readonly measured = $derived(measured(this.versions));
  readonly quality = $derived(quality(this.versions, this.metric));
  readonly live = $derived(
    this.versions.find((version) => version.version === this.view.live) ?? this.view.head,
  );

  /** This device's clock minus the server's: server times are shown against it. */
  clockAhead = 0;

  constructor(
    page: FederationPage,
    private readonly fetching: typeof fetch = (...parameters) => fetch(...parameters),
  ) {
    this.take(page);
  }

  get id(): FederationId {
    return this.view.id;
  }

  /** A page served anew replaces what is older. */
  take(page: FederationPage): void {
    this.view = page.view;
    this.versions = page.versions;
    this.clockAhead = Date.now() - page.servedAt;
  }

  /** Keeps asking while the page is in front; returns its own undoing. */
  watch(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const next = (): void => {
      clearTimeout(timer);
      if (over || document.visibilityState === 'hidden') return;
      timer = setTimeout(
        () => void this.refresh().finally(next),
        this.view.round === null && this.view.state !== 'running' ? QUIET_MS : ROUND_MS,
      );
    };
    const turn = (): void => {
      if (document.visibilityState === 'visible') void this.refresh().finally(next);
    };
    next();
    document.addEventListener('visibilitychange', turn);
    addEventListener('online', turn);
    addEventListener('offline', turn);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', turn);
      removeEventListener('online', turn);
      removeEventListener('offline', turn);
    };
  }

  /** Asks once. What cannot be had leaves the last view standing and changes `reach`. */
  async refresh(): Promise<void> {
    const view = await this.#read(`/api/federations/${this.view.id}`, isFederation);
    if (view === undefined) return;
    const grown =
      view.head.version !== this.versions.at(-1)?.version ||
      this.versions.some((one) => one.evaluation === null);
    this.view = view;
    if (grown) {
      const versions = await this.#read(`/api/federations/${view.id}/versions`, areVersions);
      if (versions !== undefined) this.versions = versions;
    }
    this.updatedAt = Date.now();
  }

  async #read<T>(path: string, fits: (answer: unknown) => answer is T): Promise<T | undefined> {
    try {
      const response = await this.fetching(path, { headers: { accept: 'application/json' } });
      const answer: unknown = response.ok ? await response.json() : undefined;
      const read = fits(answer) ? answer : undefined;
      this.reach = read === undefined ? 'unreachable' : 'live';
      return read;
    } catch {
      // A rejected fetch says only that no answer came; which side it was, the browser knows better.
      this.reach = typeof navigator !== 'undefined' && navigator.onLine === false ? 'offline' : 'unreachable';
      return undefined;
    }
  }
}

export const [federationLive, provideFederationLive] = createContext<FederationLive>();
