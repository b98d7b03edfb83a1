// A run's model looked at beyond its figures: each question is asked when somebody wants its answer, and the last of its kind is shown.
import type { Look, Looked } from '../participant/workbench/examine/look.ts';
import type { WantedRows } from '../participant/workbench/examine/rows.ts';
import type { BenchClient } from '../workers/bench-client.ts';

export type LookType = Look['type'];
type AnswerOf<Type extends LookType> = Extract<Looked, { readonly type: Type }>;

export type Asked<Type extends LookType> =
  | { readonly phase: 'asking' }
  | { readonly phase: 'answered'; readonly answer: AnswerOf<Type> }
  /** There is no answer: the sentence says why. */
  | { readonly phase: 'refused'; readonly message: string }
  | { readonly phase: 'failed'; readonly message: string };

type All = { readonly [Type in LookType]?: Asked<Type> };

export class RunExamination {
  answers = $state.raw<All>({});
  /** The rows that are shown, and from which on. */
  wanted = $state.raw<WantedRows>({ type: 'hardest' });
  from = $state(0);
  /** Columns of the rows as they were read, once some were shown. */
  header = $state.raw<readonly string[] | undefined>();
  /** The row that is explained. */
  explained = $state<number | undefined>();

  readonly #asked = new Map<LookType, { readonly look: Look; readonly stop: AbortController }>();

  constructor(
    readonly run: string,
    private readonly port: Pick<BenchClient, 'look'>,
  ) {}

  /** The last asked of its kind is the one whose answer is shown; what was asked before it is stopped. */
  async ask<Type extends LookType>(look: Look & { readonly type: Type }): Promise<void> {
    const { type } = look;
    this.#asked.get(type)?.stop.abort();
    const own = { look, stop: new AbortController() };
    this.#asked.set(type, own);
    this.#say(type, { phase: 'asking' });
    let said: Asked<Type>;
    try {
      const answer = await this.port.look(this.run, look, own.stop.signal);
      if (answer.type === 'rows') this.header = answer.rows.header;
      said =
        answer.type === 'refused'
          ? { phase: 'refused', message: answer.message }
          : { phase: 'answered', answer: answer as AnswerOf<Type> };
    } catch (error) {
      said = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
    if (this.#asked.get(type) === own) this.#say(type, said);
  }

  /** Once more, after it had failed. */
  async again(type: LookType): Promise<void> {
    const last = this.#asked.get(type);
    if (last !== undefined) await this.ask(last.look);
  }

  /** Takes back what was asked and takes long. */
  stop(type: LookType): void {
    this.#asked.get(type)?.stop.abort();
    this.#asked.delete(type);
    const { [type]: _, ...rest } = this.answers;
    this.answers = rest;
  }

  async showRows(of: WantedRows, from = 0): Promise<void> {
    this.wanted = of;
    this.from = from;
    this.explained = undefined;
    await this.ask({ type: 'rows', of, from });
  }

  #say<Type extends LookType>(type: Type, said: Asked<Type>): void {
    this.answers = { ...this.answers, [type]: said };
  }
}
