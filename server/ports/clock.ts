// Port: time and chance, so that a simulation moves the one by hand and seeds the other.

export interface Clock {
  /** Unix time, milliseconds: for records and screens only. It may jump. */
  now(): number;
  /** Milliseconds since some moment: never jumps, and is what deadlines are measured by. */
  monotonic(): number;
  /** Calls `action` once after `ms`; returns its undoing. */
  after(ms: number, action: () => void): () => void;
  /** Uniform in [0, 1): who is picked where more are available than a round takes. */
  draw(): number;
}
