// Which tab has which local run: taking one for this tab, what was cut off and can go on, and what goes on in another tab.
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { CutOffRun, LocalRunSettings } from './device-messages.ts';
import { localRunList, type LocalRunList } from './local-run-list.ts';
import { Refusal } from './refusal.ts';
import type { RunHolds } from './run-holds.ts';

/** The key of a run's checkpoint, and the id of the model that it ends with. */
export const localModelId = (run: string): string => `local:${run}`;

export interface CutOffRuns {
  readonly list: LocalRunList;
  /** Takes a run for this tab and gives what lets go of it. Rejects with Refusal where another tab has it. */
  take(id: string): Promise<() => void>;
  /** Takes a listed run. Rejects with Refusal where another tab has it, or has ended it. */
  takeUp(id: string): Promise<{ readonly settings: LocalRunSettings; readonly letGo: () => void }>;
  /** Once another tab lets go of one that goes on elsewhere, onCutOff tells what is there then. */
  look(): Promise<readonly CutOffRun[]>;
  /** Deletes what is left of a run. Rejects with Refusal where another tab has it. */
  discard(id: string): Promise<void>;
  close(): void;
}

export interface CutOffRunsSurroundings {
  readonly store: ParticipantStore;
  readonly holds: RunHolds;
  isRunningHere(id: string): boolean;
  onCutOff(runs: readonly CutOffRun[]): void;
  onFault(fault: unknown): void;
}

export function createCutOffRuns({
  store,
  holds,
  isRunningHere,
  onCutOff,
  onFault,
}: CutOffRunsSurroundings): CutOffRuns {
  const list = localRunList(store, holds);
  const ending = new AbortController();
  const watched = new Set<string>();

  async function take(id: string): Promise<() => void> {
    const letGo = await holds.take(id);
    if (letGo === undefined)
      throw new Refusal(
        'runs-elsewhere',
        'This training goes on in another tab of this browser. Look after it there, or close that tab first.',
      );
    return letGo;
  }
  async function look(): Promise<readonly CutOffRun[]> {
    // A run is held before it is listed, and let go only when it is listed no more: what is listed on both sides of asking
    // for the holds, and not held, was cut off.
    const before = new Set((await list.read()).map(({ id }) => id));
    const held = await holds.held();
    const runs = (await list.read())
      .filter(({ id }) => before.has(id) && !isRunningHere(id))
      .map((settings) => ({ settings, elsewhere: held.has(settings.id) }));
    for (const { settings, elsewhere } of runs) if (elsewhere) watch(settings.id);
    return runs;
  }
  function watch(id: string): void {
    if (watched.has(id)) return;
    watched.add(id);
    holds
      .whenFree(id, ending.signal)
      .finally(() => watched.delete(id))
      .then(async () => onCutOff(await look()))
      .catch((failure: unknown) => {
        if (!ending.signal.aborted) onFault(failure);
      });
  }
  return {
    list,
    take,
    async takeUp(id) {
      const letGo = await take(id);
      let settings: LocalRunSettings | undefined;
      try {
        // Read once it is ours: another tab may have ended it since it was listed here.
        settings = (await list.read()).find((one) => one.id === id);
      } finally {
        if (settings === undefined) letGo();
      }
      if (settings !== undefined) return { settings, letGo };
      throw new Refusal(
        'unknown-run',
        'This training has ended in another tab. A model that it was to keep is under “My device”.',
      );
    },
    look,
    async discard(id) {
      const letGo = await take(id);
      try {
        await store.checkpoints.remove(localModelId(id));
        await list.remove(id);
      } finally {
        letGo();
      }
    },
    close: () => ending.abort(new Error('The page was closed.')),
  };
}
