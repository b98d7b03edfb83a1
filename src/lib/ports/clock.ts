// Port: time. Everything on a participant's side that waits or measures does it through this, so that tests move the hand.

export interface Clock {
  /** Unix time, milliseconds: for records and for noticing that the device slept. It may jump. */
  now(): number;
  /** Milliseconds from an arbitrary start, never backwards: for speeds and deadlines. */
  monotonic(): number;
  /** Calls back once, `ms` from now; returns its own undoing. */
  after(ms: number, call: () => void): () => void;
  /** Resolves in a later task, so that messages waiting for this thread are heard first. Not throttled in hidden tabs. */
  tick(): Promise<void>;
}
