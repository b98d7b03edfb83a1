// Writes a run down while it goes: what was found is on the disk before it is told, and a run that ends has its end there. Writes that
// wait are one write; one that fails ends the run, for nobody wants to wait for what cannot be kept.
import type { Clock } from '../../ports/clock.ts';
import { plainTrial } from './trial.ts';
import type { BenchEvent } from './run-bench.ts';
import type { RunOutcome, RunRecord, RunStore } from './run-record.ts';
import { stillTime } from './still-time.ts';

export interface RunKeeper {
  readonly record: RunRecord;
  /** Aborted, with the reason, where the run cannot be written any more. */
  readonly broken: AbortSignal;
  /** What a person pauses is no work of the run. */
  stand(isPaused: boolean): void;
  /** Resolves once what the event says is on the disk. What changes nothing of the record resolves at once. */
  hear(event: BenchEvent): Promise<void>;
  /** Resolves once the record is on the disk with that. */
  keep(change: Partial<Pick<RunRecord, 'curve' | 'checkpoints' | 'plan' | 'manifest'>>): Promise<void>;
  /** The last write. Rejects with what the store rejects with. */
  end(
    outcome: RunOutcome,
    more?: Partial<Pick<RunRecord, 'curve' | 'manifest' | 'again'>>,
    model?: Uint8Array<ArrayBuffer>,
  ): Promise<RunRecord>;
}

/** Writes the record as it stands: from then on the run is listed. Trials that it has already are not written twice. */
export async function keepRun(store: RunStore, begun: RunRecord, clock: Clock): Promise<RunKeeper> {
  let record = begun;
  const failing = new AbortController();
  const known = begun.manifest.trials.length;
  const since = clock.monotonic();
  const still = stillTime(clock);
  /** When the search began, by the clock; undefined while the baselines are fitted. */
  let searching: number | undefined;
  let waiting: Promise<void> | undefined;
  let writing: Promise<void> = store.put(record);
  await writing;

  /** Of what an earlier program began nobody knows how long it had worked. */
  const withTime = (): RunRecord =>
    begun.workedMs === undefined
      ? record
      : { ...record, workedMs: begun.workedMs + clock.monotonic() - since - still.ms() };

  /** What waits behind a write is written with the newest record, once. */
  function written(): Promise<void> {
    waiting ??= writing.then(async () => {
      waiting = undefined;
      record = withTime();
      await store.put(record);
    });
    writing = waiting;
    // Whoever waits hears it too: here it ends the run.
    waiting.catch((cause: unknown) => failing.abort(cause));
    return waiting;
  }

  return {
    get record() {
      return record;
    },
    broken: failing.signal,
    stand: (isPaused) => still.stand(isPaused),
    async hear(event) {
      switch (event.type) {
        case 'progress':
        case 'recipe':
          return undefined;
        case 'baseline': {
          searching = clock.monotonic();
          const others = record.baselines.filter((one) => one.model !== event.entry.model);
          record = { ...record, baselines: [...others, event.entry] };
          return written();
        }
        case 'trial': {
          if (event.number <= known) return undefined;
          const { manifest } = record;
          record = {
            ...record,
            manifest: { ...manifest, trials: [...manifest.trials, plainTrial(event)] },
            searchedMs: begun.searchedMs + clock.monotonic() - (searching ?? clock.monotonic()),
          };
          return written();
        }
        case 'left-out':
          record = { ...record, leftOut: [...record.leftOut, event.message] };
          return written();
        case 'model':
          return undefined;
        default:
          return event satisfies never;
      }
    },
    keep(change) {
      record = { ...record, ...change };
      return written();
    },
    async end(outcome, more = {}, model) {
      await writing;
      record = { ...withTime(), ...more, outcome, endedAt: clock.now() };
      await store.put(record, model);
      return record;
    },
  };
}

/** A run that broke or was stopped is kept as it ended; where it could not be written, that is what is told. */
export async function endBroken(keeper: RunKeeper, signal: AbortSignal, error: unknown): Promise<never> {
  if (keeper.broken.aborted) throw keeper.broken.reason;
  await keeper.end(
    signal.aborted
      ? { type: 'stopped' }
      : { type: 'failed', message: error instanceof Error ? error.message : String(error) },
  );
  throw error;
}
