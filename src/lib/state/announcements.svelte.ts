// What is said without being looked at: one polite live region, throttled, an assertive one for trouble, and short
// messages at the corner of the screen. One instance, made by the root layout and passed by context.
import { createContext } from 'svelte';

/** Between two polite messages: a screen reader must be able to finish a sentence. */
const QUIET_MS = 4_000;
const SHOWN_MS = 6_000;

export interface Toast {
  readonly id: number;
  readonly text: string;
}

export interface Clock {
  now(): number;
  after(milliseconds: number, run: () => void): void;
}

const wallClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, run) => void setTimeout(run, milliseconds),
};

export class Announcements {
  polite = $state('');
  urgent = $state('');
  toasts = $state.raw<readonly Toast[]>([]);

  #spokeAt = -Infinity;
  #waiting: string | undefined;
  #next = 1;

  constructor(private readonly clock: Clock = wallClock) {}

  /** Says a state change politely. Of several within four seconds only the last is said. */
  say(text: string): void {
    const wait = this.#spokeAt + QUIET_MS - this.clock.now();
    if (wait <= 0) {
      this.#speak(text);
      return;
    }
    const alreadyWaiting = this.#waiting !== undefined;
    this.#waiting = text;
    if (!alreadyWaiting)
      this.clock.after(wait, () => {
        const last = this.#waiting;
        this.#waiting = undefined;
        if (last !== undefined) this.#speak(last);
      });
  }

  /** Says trouble at once. The same message must also stand on the page. */
  warn(text: string): void {
    this.urgent = text;
  }

  /** Says it and shows it for six seconds: confirmations, never errors. */
  show(text: string): void {
    this.say(text);
    const toast = { id: this.#next, text };
    this.#next += 1;
    this.toasts = [...this.toasts, toast];
    this.clock.after(SHOWN_MS, () => this.dismiss(toast.id));
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  #speak(text: string): void {
    this.polite = text;
    this.#spokeAt = this.clock.now();
  }
}

export const [announcements, provideAnnouncements] = createContext<Announcements>();
