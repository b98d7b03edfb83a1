// Surveys of one federation as its page shows them: what was asked and what came of it, the newest first, and asking.
import * as v from 'valibot';
import type { SurveyNumber } from '#lib/core/ids.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import { SurveyView } from '#lib/protocol/survey-views.ts';
import { address, request } from './console-api.ts';

export class ConsoleSurveys {
  /** Undefined: not read yet. */
  list = $state.raw<readonly SurveyView[] | undefined>();
  isAsking = $state(false);
  /** Why the last thing asked for was not done. */
  failure = $state<string | null>(null);
  /** Why the list could not be read; it goes with the next reading that succeeds. */
  unread = $state<string | null>(null);

  /** One is under way: its end is waited for. */
  readonly isOpen = $derived(this.list?.[0]?.state === 'asking');

  readonly #fetching: typeof fetch;
  readonly #path: string;

  constructor(fetching: typeof fetch, federation: string) {
    this.#fetching = fetching;
    this.#path = `${address(federation)}/surveys`;
  }

  async read(): Promise<void> {
    const told = await request(this.#fetching, 'GET', this.#path, v.array(SurveyView));
    this.unread = told.ok ? null : told.error.message;
    if (told.ok) this.list = told.value;
  }

  /** Shows the figures of a survey to whoever takes part, or no longer. */
  async show(survey: SurveyNumber, isShown: boolean): Promise<void> {
    this.failure = null;
    const path = `${this.#path}/${survey}/shown`;
    const told = await request(this.#fetching, 'PUT', path, SurveyView, { isShown });
    if (!told.ok) this.failure = told.error.message;
    await this.read();
  }

  async ask(question: Question): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    this.failure = null;
    const told = await request(this.#fetching, 'POST', this.#path, SurveyView, { question });
    if (!told.ok) this.failure = told.error.message;
    await this.read();
    this.isAsking = false;
  }
}
