// The form of a federation: the draft and what is wrong with it, which step shows, what has been shown to be wrong, and
// the request at its end. Saved in the browser at every change until it is sent.
import { createContext } from 'svelte';
import * as v from 'valibot';
import type { ApiError } from '#lib/protocol/http.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Result } from '#lib/core/result.ts';
import type { FederationView } from '#lib/protocol/views.ts';
import { checkDraft, draftSteps, stepOf, type DraftStep } from './console-draft-check.ts';
import { Draft } from './console-draft.ts';

/** localStorage, or what stands in for it. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface DraftSending {
  /** Under which key of the storage the draft is kept. */
  readonly storageKey: string;
  readonly send: (id: string | null, spec: FederationSpec) => Promise<Result<FederationView, ApiError>>;
}

export class FederationDraft {
  value = $state() as Draft;
  sending = $state(false);
  /** What the server said of the whole, when it refused it. */
  failure = $state<string | null>(null);
  /** When it was last saved in this browser; null before. */
  savedAt = $state<number | null>(null);
  /** A saved draft was found and is shown. */
  restored = $state(false);

  readonly checked = $derived.by(() => checkDraft($state.snapshot(this.value) as Draft));

  /** Steps left and fields touched: only there is a mistake pointed out. */
  #seen = $state.raw<ReadonlySet<string>>(new Set());
  #refused = $state.raw<{ readonly issues: ReadonlyMap<string, string>; readonly of: string } | null>(null);
  #initial = $state('');
  readonly #serialised = $derived(JSON.stringify(this.value));

  readonly #options: DraftSending;

  constructor(initial: Draft, options: DraftSending) {
    this.value = initial;
    this.#initial = JSON.stringify(initial);
    this.#options = options;
  }

  /** All that is wrong, what the server said of the very same draft included. */
  readonly issues = $derived.by(() => {
    const all = new Map(this.checked.issues);
    if (this.#refused !== null && this.#refused.of === this.#serialised)
      for (const [path, message] of this.#refused.issues) if (!all.has(path)) all.set(path, message);
    return all;
  });
  readonly isChanged = $derived(this.#serialised !== this.#initial);

  /** The message at a field, once its step was left, the field was left, or sending was tried. */
  issueAt(path: string): string | undefined {
    const message = this.issues.get(path);
    if (message === undefined) return undefined;
    const shown =
      this.#seen.has(path) || this.#seen.has(stepOf(path)) || this.#refused?.issues.has(path) === true;
    return shown ? message : undefined;
  }

  /** The first message at or below a path, for a list or a group. */
  issueWithin(path: string): string | undefined {
    for (const [at] of this.issues)
      if (at === path || at.startsWith(`${path}.`)) {
        const message = this.issueAt(at);
        if (message !== undefined) return message;
      }
    return undefined;
  }

  issuesOf(step: DraftStep): { readonly path: string; readonly message: string }[] {
    return [...this.issues]
      .filter(([path]) => stepOf(path) === step)
      .map(([path, message]) => ({ path, message }));
  }

  touch(path: string): void {
    this.#seen = new Set([...this.#seen, path]);
  }

  leave(step: DraftStep): void {
    this.#seen = new Set([...this.#seen, step]);
  }

  hasLeft(step: DraftStep): boolean {
    return this.#seen.has(step);
  }

  /** Begins again from another draft (a preset, a duplicate): what was seen to be wrong is forgotten. */
  replace(draft: Draft): void {
    this.value = draft;
    this.#seen = new Set();
    this.#refused = null;
    this.failure = null;
  }

  /** Takes up what was saved in this browser, when it still reads as a draft. */
  restore(storage: DraftStorage): void {
    const kept = storage.getItem(this.#options.storageKey);
    if (kept === null) return;
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), Draft), kept);
    if (!read.success) {
      storage.removeItem(this.#options.storageKey);
      return;
    }
    if (JSON.stringify(read.output) === this.#initial) return;
    this.value = read.output;
    this.restored = true;
  }

  /** Saves what is typed; nothing while it is what the form began with. A full storage is told, not thrown. */
  save(storage: DraftStorage, now: number): void {
    if (!this.isChanged) return;
    try {
      storage.setItem(this.#options.storageKey, this.#serialised);
      this.savedAt = now;
    } catch {
      this.savedAt = null;
    }
  }

  forget(storage: DraftStorage): void {
    storage.removeItem(this.#options.storageKey);
    this.restored = false;
    this.savedAt = null;
  }

  /** The server has this now: what differs from it is still unsent. */
  beganWith(draft: Draft, storage: DraftStorage): void {
    this.#initial = JSON.stringify(draft);
    if (!this.isChanged) this.forget(storage);
  }

  /** Sends a draft without issues; a refusal lands on its fields. The view when it was taken. */
  async send(): Promise<FederationView | undefined> {
    for (const step of draftSteps) this.leave(step);
    const { spec } = this.checked;
    if (spec === undefined || this.sending) return undefined;
    this.sending = true;
    this.failure = null;
    const of = this.#serialised;
    const sent = await this.#options.send(this.value.id === '' ? null : this.value.id, spec);
    this.sending = false;
    if (sent.ok) return sent.value;
    this.failure = sent.error.message;
    const issues = (sent.error.issues ?? []).map(
      ({ path, message }) => [path.replace(/^spec\./, ''), message] as const,
    );
    this.#refused = { issues: new Map(issues), of };
    return undefined;
  }
}

export const [useDraft, provideDraft] = createContext<FederationDraft>();
