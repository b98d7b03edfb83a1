// What a screen knows of the lock on what this browser keeps, and what a person can do with it.
import type { Lock, LockStatus, PassphraseRefusal } from '../adapters/idb/lock.ts';
import type { Result } from '../core/result.ts';
import { spoken } from '../core/spoken-duration.ts';
import { storageTrouble } from './datasets.svelte.ts';

/** Times without use to choose from, minutes; 0: never by itself. */
export const autoLockChoices = [5, 15, 60, 0] as const;
/** A guess costs whoever has the disk 600,000 rounds of SHA-256: what is shorter is found all the same. */
export const LEAST_CHARACTERS = 10;

export class DeviceLock {
  /** undefined: not read yet. */
  status = $state.raw<LockStatus | undefined>();
  /** What goes on, as a verb with "…", and how far it is; null: nothing. */
  work = $state.raw<{ readonly words: string; readonly fraction: number } | null>(null);
  problem = $state<string | null>(null);

  constructor(private readonly open: () => Promise<Lock>) {}

  load(): Promise<boolean> {
    return this.#do(null, async () => true);
  }
  set(passphrase: string, minutes: number): Promise<boolean> {
    return this.#do('Locking…', async (lock, tell) => {
      await lock.set(passphrase, msOf(minutes), tell);
      return true;
    });
  }
  /** Ends what was cut off, too. */
  unlock(passphrase: string): Promise<boolean> {
    return this.#do('Unlocking…', async (lock, tell) => {
      if (!this.#taken(await lock.unlock(passphrase))) return false;
      await lock.goOn(tell);
      return true;
    });
  }
  change(passphrase: string, next: string): Promise<boolean> {
    return this.#do('Changing…', async (lock) => this.#taken(await lock.change(passphrase, next)));
  }
  remove(passphrase: string): Promise<boolean> {
    return this.#do('Taking the lock away…', async (lock, tell) =>
      this.#taken(await lock.remove(passphrase, tell)),
    );
  }
  goOn(): Promise<boolean> {
    return this.#do('Going on…', async (lock, tell) => {
      await lock.goOn(tell);
      return true;
    });
  }
  setAutoLock(minutes: number): Promise<boolean> {
    return this.#do(null, async (lock) => {
      await lock.setAutoLock(msOf(minutes));
      return true;
    });
  }
  lock(): Promise<boolean> {
    return this.#do(null, async (lock) => {
      lock.lock();
      return true;
    });
  }

  #taken(result: Result<null, PassphraseRefusal>): boolean {
    this.problem = result.ok ? null : refusalSentence(result.error);
    return result.ok;
  }

  async #do(
    words: string | null,
    act: (lock: Lock, tell: (fraction: number) => void) => Promise<boolean>,
  ): Promise<boolean> {
    if (this.work !== null) return false;
    this.problem = null;
    if (words !== null) this.work = { words, fraction: 0 };
    try {
      const lock = await this.open();
      const done = await act(lock, (fraction) => {
        if (words !== null) this.work = { words, fraction };
      });
      this.status = await lock.status();
      return done;
    } catch (error) {
      this.problem = storageTrouble(error).message;
      return false;
    } finally {
      this.work = null;
    }
  }
}

const msOf = (minutes: number): number | null => (minutes === 0 ? null : minutes * 60_000);

export function refusalSentence({ kind, waitMs }: PassphraseRefusal): string {
  const wait = waitMs === 0 ? '' : ` Try again in ${spoken(waitMs)}.`;
  switch (kind) {
    case 'wrong-passphrase':
      return `That is not the passphrase.${wait}`;
    case 'too-soon':
      return `After several wrong ones this was not tried.${wait}`;
    default:
      return kind satisfies never;
  }
}

/** Why a passphrase cannot be set; undefined: it can. */
export function passphraseProblem(first: string, again: string): string | undefined {
  if ([...first].length < LEAST_CHARACTERS)
    return `Use at least ${LEAST_CHARACTERS} characters: four or five words are easy to keep in mind.`;
  return first === again ? undefined : 'The two passphrases differ.';
}

export const newDeviceLock = (): DeviceLock =>
  new DeviceLock(async () => (await import('./device-connection.ts')).deviceLock());
