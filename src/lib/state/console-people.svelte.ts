// People who work the console, and one's own ways in: passkeys, recovery codes, API tokens. What is told once (codes, tokens,
// links) is known to this page alone, until it is left. One request at a time.
import type { Result } from '#lib/core/result.ts';
import type { ApiError } from '#lib/protocol/http.ts';
import type { NewApiToken, OwnAccess, PersonChange, PersonView } from '#lib/protocol/people.ts';
import type { ConsoleApi } from './console-api.ts';

/** Shown once. */
export type Told =
  | { readonly type: 'recovery-codes'; readonly codes: readonly string[] }
  | { readonly type: 'api-token'; readonly token: string }
  | { readonly type: 'link'; readonly code: string };

/** Asks the browser for a passkey of these options (WebAuthn); rejects where the person or the browser declines. */
export type MakePasskey = (options: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** What a declined or impossible ceremony says to the person. */
export const passkeyTrouble = (failure: unknown): string =>
  failure instanceof Error && failure.name === 'NotAllowedError'
    ? 'The browser was not given a passkey: it was declined, or took too long. Try again.'
    : failure instanceof Error && failure.name === 'InvalidStateError'
      ? 'This device has a passkey of yours for this server already.'
      : `The browser could not do this: ${failure instanceof Error ? failure.message : String(failure)}`;

export class ConsolePeople {
  access = $state.raw<OwnAccess | undefined>();
  /** Undefined: not read, or not this person's to see. */
  people = $state.raw<readonly PersonView[] | undefined>();
  told = $state.raw<Told | null>(null);
  busy = $state(false);
  failure = $state<string | null>(null);

  readonly #api: ConsoleApi;
  readonly #makePasskey: MakePasskey;

  constructor(api: ConsoleApi, makePasskey: MakePasskey) {
    this.#api = api;
    this.#makePasskey = makePasskey;
  }

  async read(isOwner: boolean): Promise<void> {
    await this.#ask(
      () => this.#api.me(),
      (access) => (this.access = access),
    );
    if (isOwner)
      await this.#ask(
        () => this.#api.people(),
        (people) => (this.people = people),
      );
  }

  async addPasskey(name: string): Promise<boolean> {
    let response: Record<string, unknown> | undefined;
    const asked = await this.#ask(
      () => this.#api.passkeyOptions(),
      async ({ options }) => {
        try {
          response = await this.#makePasskey(options);
        } catch (failure) {
          this.failure = passkeyTrouble(failure);
        }
      },
    );
    if (!asked || response === undefined) return false;
    const made = response;
    return this.#ask(
      () => this.#api.addPasskey(name, made),
      (access) => (this.access = access),
    );
  }

  makeRecoveryCodes(): Promise<boolean> {
    return this.#ask(
      () => this.#api.makeRecoveryCodes(),
      ({ access, codes }) => {
        this.access = access;
        this.told = { type: 'recovery-codes', codes };
      },
    );
  }

  makeToken(wanted: NewApiToken): Promise<boolean> {
    return this.#ask(
      () => this.#api.makeToken(wanted),
      ({ access, token }) => {
        this.access = access;
        this.told = { type: 'api-token', token };
      },
    );
  }

  removeCredential(id: string): Promise<boolean> {
    return this.#ask(
      () => this.#api.removeCredential(id),
      (access) => (this.access = access),
    );
  }

  add(person: PersonChange): Promise<boolean> {
    return this.#ask(
      () => this.#api.addPerson(person),
      ({ people, code }) => {
        this.people = people;
        this.told = { type: 'link', code };
      },
    );
  }

  link(id: string): Promise<boolean> {
    return this.#ask(
      () => this.#api.linkPerson(id),
      ({ people, code }) => {
        this.people = people;
        this.told = { type: 'link', code };
      },
    );
  }

  change(id: string, person: PersonChange): Promise<boolean> {
    return this.#ask(
      () => this.#api.changePerson(id, person),
      (people) => (this.people = people),
    );
  }

  remove(id: string): Promise<boolean> {
    return this.#ask(
      () => this.#api.removePerson(id),
      (people) => (this.people = people),
    );
  }

  async #ask<T>(ask: () => Promise<Result<T, ApiError>>, take: (value: T) => unknown): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = null;
    const told = await ask();
    if (told.ok) await take(told.value);
    else this.failure = told.error.message;
    this.busy = false;
    return told.ok;
  }
}
