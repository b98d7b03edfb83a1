// A column of a kept table over its time, as it is asked for: what is drawn, and the names of its series. Answers may come in another
// order than they were asked for.
import type { SeriesQuestion, SeriesShown } from '../workers/ingest-messages.ts';
import type { IngestPort } from './datasets.svelte.ts';

export class SeriesLook {
  /** By the column that tells them apart. */
  #names = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map());

  constructor(
    private readonly dataset: string,
    private readonly ingest: () => Promise<Pick<IngestPort, 'ask'>>,
  ) {}

  /** None where they are not known yet, or where there is no such series. */
  names(by: string | null): readonly string[] {
    return (by === null ? undefined : this.#names.get(by)) ?? [];
  }

  /** Rejects with why nothing can be drawn. */
  async shown(asked: Omit<SeriesQuestion, 'type' | 'dataset'>): Promise<SeriesShown> {
    const answer = await (await this.ingest()).ask({ type: 'series', dataset: this.dataset, ...asked });
    if (answer.type !== 'series') throw new Error('Another answer came.');
    if (asked.by !== null) this.#names = new Map(this.#names).set(asked.by, answer.shown.names);
    return answer.shown;
  }
}
