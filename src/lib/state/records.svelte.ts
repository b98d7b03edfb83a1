// What this device keeps besides data: receipts of contributions, refusals, models trained here, and which federations it joined.
import type { FederationId } from '../core/ids.ts';
import type { Joined } from '../participant/joined.ts';
import type { Answered } from '../participant/statistics/own-surveys.ts';
import type {
  LocalModel,
  ParticipantStore,
  StoredReceipt,
  StoredRefusal,
} from '../ports/participant-store.ts';
import { storageTrouble } from './datasets.svelte.ts';
import type { DeviceTrouble } from './device-state.svelte.ts';
import { visit } from './visit.svelte.ts';

export interface AnsweredSurvey extends Answered {
  readonly federation: FederationId;
}

export class RecordsState {
  /** undefined: not read yet. Newest first. */
  receipts = $state.raw<readonly StoredReceipt[] | undefined>();
  refusals = $state.raw<readonly StoredRefusal[]>([]);
  /** Newest first. */
  models = $state.raw<readonly LocalModel[] | undefined>();
  /** What federations are called, by id; only of those whose title was kept. */
  titles = $state.raw<Readonly<Record<string, string>>>({});
  /** Surveys that this device answered with masked sums, newest first. */
  surveys = $state.raw<readonly AnsweredSurvey[]>([]);
  trouble = $state.raw<DeviceTrouble | null>(null);

  constructor(private readonly open: () => Promise<ParticipantStore>) {}

  readonly bytesSent = $derived((this.receipts ?? []).reduce((sum, one) => sum + one.receipt.bytes, 0));

  /** Reads everything anew, of one federation or of all. */
  async load(federation?: FederationId): Promise<void> {
    try {
      const store = await this.open();
      const [receipts, refusals, models] = await Promise.all([
        store.receipts.list(federation),
        store.receipts.refusals(federation),
        store.models.list(),
      ]);
      this.receipts = receipts.toSorted((a, b) => b.receipt.receivedAt - a.receipt.receivedAt);
      this.refusals = refusals.toSorted((a, b) => b.at - a.at);
      this.models = models
        .filter((model) => federation === undefined || model.federation === federation)
        .toSorted((a, b) => b.trainedAt - a.trainedAt);
      this.trouble = null;
    } catch (error) {
      this.receipts ??= [];
      this.models ??= [];
      this.trouble = storageTrouble(error);
    }
  }

  /** Reads what these federations asked of this device, and it answered. */
  async loadSurveys(federations: readonly FederationId[]): Promise<void> {
    try {
      const { answeredSurveys } = await import('../participant/statistics/own-surveys.ts');
      const store = await this.open();
      const read = await Promise.all(
        federations.map(async (federation) =>
          (await answeredSurveys(store, federation)).map((one) => ({ ...one, federation })),
        ),
      );
      this.surveys = read.flat().toSorted((a, b) => b.at - a.at);
    } catch (error) {
      this.trouble = storageTrouble(error);
    }
  }

  /** Reads what these federations are called. */
  async loadTitles(federations: readonly FederationId[]): Promise<void> {
    try {
      const { readTitle } = await import('../participant/federation-title.ts');
      const store = await this.open();
      const read = await Promise.all(
        federations.map(async (id) => [id, await readTitle(store, id)] as const),
      );
      this.titles = Object.fromEntries(
        read.flatMap(([id, title]) => (title === undefined ? [] : [[id, title]])),
      );
    } catch (error) {
      this.trouble = storageTrouble(error);
    }
  }

  /** Remembers what a federation is called that this device has something of. */
  async keepTitle(federation: FederationId, title: string): Promise<void> {
    try {
      const { keepTitle } = await import('../participant/federation-title.ts');
      await keepTitle(await this.open(), federation, title);
    } catch (error) {
      this.trouble = storageTrouble(error);
    }
  }

  /** How this device joined a federation; undefined where it has not. */
  async joined(federation: FederationId): Promise<Joined | undefined> {
    try {
      const { readJoined } = await import('../participant/joined.ts');
      return await readJoined(await this.open(), federation);
    } catch (error) {
      this.trouble = storageTrouble(error);
      return undefined;
    }
  }

  async removeModel(id: string): Promise<void> {
    try {
      await (await this.open()).models.remove(id);
      this.models = (this.models ?? []).filter((model) => model.id !== id);
    } catch (error) {
      this.trouble = storageTrouble(error);
    }
  }

  /** Deletes everything of this device: data, models, receipts, identity. Says whether it succeeded. */
  async forget(): Promise<boolean> {
    try {
      await (await this.open()).forget();
      await this.load();
      return true;
    } catch (error) {
      this.trouble = storageTrouble(error);
      return false;
    }
  }
}

/** The records of this visit; call it while a component is made. */
export function recordsState(): RecordsState {
  const here = visit();
  here.records ??= new RecordsState(async () => (await import('./device-connection.ts')).participantStore());
  return here.records;
}
