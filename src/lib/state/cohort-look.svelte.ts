// What the coordinator of a dataset's federation shows of all devices, beside the rows here. It is fetched as any page of the federation is;
// the rows here are counted in the ingest worker, which has no way to the network.
import type { FederationId } from '../core/ids.ts';
import type { ShownSurvey } from '../protocol/survey-views.ts';
import { comparable, comparedColumns, comparedIn, type ComparedColumn } from './cohort-compared.ts';
import type { IngestPort } from './datasets.svelte.ts';

export type Whose = 'mine' | 'cohort' | 'both';

export class CohortLook {
  /** By column; undefined: nothing is shown to participants, or the server is not to be reached. */
  columns = $state.raw<ReadonlyMap<string, ComparedColumn> | undefined>();
  whose = $state<Whose>('mine');

  constructor(
    private readonly ingest: () => Promise<Pick<IngestPort, 'ask'>>,
    private readonly fetching: (path: string) => Promise<Response> = (path) => fetch(path),
  ) {}

  async load(federation: FederationId, dataset: string): Promise<void> {
    // The newest figures of each column.
    const columns = new Map<string, ComparedColumn>();
    for (const survey of comparable(await this.#shown(federation)).toReversed()) {
      const question = comparedIn(survey.question);
      const answer = await (
        await this.ingest()
      )
        .ask({ type: 'measure', dataset, question })
        // Asked by another contract than this dataset was read by.
        .catch(() => undefined);
      if (answer?.type === 'measured')
        for (const [name, column] of comparedColumns(survey, answer.figures)) columns.set(name, column);
    }
    this.columns = columns.size === 0 ? undefined : columns;
  }

  /** None where the server is not to be reached, or has no such federation. */
  async #shown(federation: FederationId): Promise<readonly ShownSurvey[]> {
    try {
      const response = await this.fetching(`/api/federations/${federation}/shown-surveys`);
      const told: unknown = response.ok ? await response.json() : [];
      if (Array.isArray(told) && told.length === 0) return [];
      const { readShown } = await import('../protocol/read-shown.ts');
      return readShown(told);
    } catch {
      return [];
    }
  }
}
