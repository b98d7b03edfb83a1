/** What the server's process spent in a stretch of time: whose work it was is not known. */
export interface Spent {
  /** Processor time of all its threads. */
  readonly cpuMs: number;
  /** The most memory that it was seen to hold. */
  readonly largestBytes: number;
}

/** Begins a stretch; what it returns tells, whenever it is asked, what was spent since. */
export type Meter = () => () => Spent;
