/** What the server's process has spent since it began: whose work it was is not known. */
export interface Meter {
  /** Processor time of all its threads. */
  readonly cpuMs: number;
  /** The most memory that it ever held. */
  readonly largestBytes: number;
}
