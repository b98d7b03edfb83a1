// Whether machine learning is right for rows that are open in the workbench, asked once and followed.
import type { Feasibility } from '../participant/workbench/feasibility.ts';
import type { BenchClient } from '../workers/bench-client.ts';
import type { AssessRequest } from '../workers/bench-messages.ts';

export type Assessing =
  | { readonly phase: 'asking'; readonly says: string; readonly share: number }
  | { readonly phase: 'told'; readonly told: Feasibility }
  | { readonly phase: 'stopped' }
  | { readonly phase: 'failed'; readonly message: string };

export class RowsAssessment {
  state = $state.raw<Assessing>({ phase: 'asking', says: 'Baselines are fitted', share: 0 });
  readonly #stopping = new AbortController();

  constructor(
    private readonly port: Pick<BenchClient, 'assess'>,
    private readonly asked: Omit<AssessRequest, 'id' | 'name'>,
  ) {}

  async ask(): Promise<void> {
    this.state = { phase: 'asking', says: 'Baselines are fitted', share: 0 };
    try {
      const answer = await this.port.assess(
        this.asked,
        (says, share) => (this.state = { phase: 'asking', says, share }),
        this.#stopping.signal,
      );
      this.state =
        'type' in answer ? { phase: 'failed', message: answer.message } : { phase: 'told', told: answer };
    } catch (error) {
      this.state = this.#stopping.signal.aborted
        ? { phase: 'stopped' }
        : { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  stop(): void {
    this.#stopping.abort();
  }
}
