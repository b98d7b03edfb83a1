// Signing in by a passkey, or by the link that the server prints (a link or recovery code of one's own alike): its token is read out of whatever was pasted, shown to the server once,
// and turned into a session cookie that no script can read.
import { passkeyTrouble } from './console-people.svelte.ts';
import type { ConsoleApi } from './console-api.ts';

/** The token in a pasted link ("…/sign-in?token=…"), or the pasted text itself; undefined where there is none. */
export function tokenIn(pasted: string): string | undefined {
  const text = pasted.trim();
  if (text === '') return undefined;
  const inLink = /[?&]token=([^&#\s]+)/.exec(text)?.[1];
  if (inLink !== undefined) return decoded(inLink);
  return /\s|:\/\//.test(text) ? undefined : text;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Only a path of this site is gone to after signing in: an address of another would make the link a trap. */
export const nextPath = (next: string | null): string =>
  next !== null &&
  /^\/(?:console|me\/runs)(?:[/?]|$)/.test(next) &&
  !next.includes('//') &&
  !next.includes('\\')
    ? next
    : '/console';

export class SignIn {
  typed = $state('');
  sending = $state(false);
  problem = $state<string | null>(null);
  failure = $state.raw<{ readonly message: string; readonly hint: string | null } | null>(null);

  readonly #api: ConsoleApi;

  constructor(api: ConsoleApi) {
    this.#api = api;
  }

  /** Whether the session began. `show` asks the browser for a passkey. */
  async byPasskey(
    show: (options: Record<string, unknown>) => Promise<Record<string, unknown>>,
  ): Promise<boolean> {
    if (this.sending) return false;
    this.failure = null;
    this.sending = true;
    const refused = (message: string): boolean => {
      this.failure = { message, hint: null };
      this.sending = false;
      return false;
    };
    const asked = await this.#api.passkeyChallenge();
    if (!asked.ok) return refused(asked.error.message);
    const { ceremony, options } = asked.value;
    let response: Record<string, unknown>;
    try {
      response = await show(options);
    } catch (failure) {
      return refused(passkeyTrouble(failure));
    }
    const told = await this.#api.signInByPasskey(ceremony, response);
    if (!told.ok) return refused(told.error.message);
    this.sending = false;
    return true;
  }

  /** Whether the session began. */
  async send(): Promise<boolean> {
    this.failure = null;
    const token = tokenIn(this.typed);
    this.problem =
      token === undefined
        ? this.typed.trim() === ''
          ? 'Paste the link that the server printed.'
          : 'There is no token in this. Copy the whole link, from http to its last character.'
        : null;
    if (token === undefined || this.sending) return false;
    this.sending = true;
    const told = await this.#api.signIn(token);
    this.sending = false;
    if (told.ok) return true;
    this.failure = {
      message: told.error.message,
      hint:
        told.error.error === 'offline'
          ? null
          : 'Each link works once; the next one is printed after it was used.',
    };
    return false;
  }
}
