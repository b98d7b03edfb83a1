// What people's own programs tell this server of their runs (MLflow's REST): experiments, runs, parameters, metrics, tags. It is no part
// of any federation. What a call that returned has written is on the disk; a call that throws has changed nothing.

export type Lifecycle = 'active' | 'deleted';
export type Named = Readonly<Record<string, string>>;

export interface TrackedExperiment {
  /** "1", "2", … in the order of making; "0" is there from the first, for whoever names none. */
  readonly id: string;
  /** Of no other, deleted ones included. */
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly tags: Named;
  /** Unix ms. */
  readonly createdAt: number;
  readonly changedAt: number;
}

export const runStates = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type TrackedState = (typeof runStates)[number];

export interface TrackedRunInfo {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly experiment: string;
  readonly name: string;
  readonly user: string;
  readonly state: TrackedState;
  readonly lifecycle: Lifecycle;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface TrackedMetric {
  readonly key: string;
  /** NaN and infinities are kept. */
  readonly value: number;
  readonly at: number;
  readonly step: number;
}

export interface TrackedRun extends TrackedRunInfo {
  readonly params: Named;
  /** Of each the newest: the highest step, then the latest time, then the highest value. */
  readonly metrics: readonly TrackedMetric[];
  readonly tags: Named;
}

export interface LoggedBatch {
  readonly metrics: readonly TrackedMetric[];
  readonly params: Named;
  readonly tags: Named;
}

/** What there is no room for, in a sentence. */
export class TrackingFull extends Error {
  constructor(
    message: string,
    /** Whether there may be room once runs that were deleted are gone for good. */
    readonly isHelpedByPurging: boolean,
  ) {
    super(message);
  }
}
/** A parameter has another value already: it is what the run was made with. */
export class ParamChanged extends Error {}

export interface TrackingStore {
  /** undefined where another has the name. */
  createExperiment(name: string, tags: Named, at: number): TrackedExperiment | undefined;
  experiments(): readonly TrackedExperiment[];
  experiment(id: string): TrackedExperiment | undefined;
  /** false where another has the name. Of an experiment that there is. */
  changeExperiment(
    id: string,
    change: { readonly name?: string; readonly lifecycle?: Lifecycle },
    at: number,
  ): boolean;
  tagExperiment(id: string, tags: Named): void;
  createRun(run: TrackedRunInfo, tags: Named): void;
  /** Without what was logged; those of an experiment newest first. */
  runs(experiments: readonly string[], view: readonly Lifecycle[]): readonly TrackedRunInfo[];
  /** What a run has under a name, of a metric the newest; undefined: nothing. */
  logged(run: string, kind: 'metrics' | 'params' | 'tags', key: string): string | number | undefined;
  run(id: string): TrackedRun | undefined;
  /** The same without what was logged, for whoever asks whether there is one. */
  info(id: string): TrackedRunInfo | undefined;
  changeRun(
    id: string,
    change: Partial<Pick<TrackedRunInfo, 'name' | 'state' | 'lifecycle' | 'endedAt'>>,
    at: number,
  ): void;
  /** Of the runs that were deleted, the one that was so first goes for good, with all that was logged of it; undefined: there is none. */
  purgeOldest(): TrackedRunInfo | undefined;
  /**
   * Whether `work`, calls of this store that found no room, would have it once runs that were deleted are gone for good: tried, and
   * undone. False too where it is refused for another reason.
   */
  wouldFit(work: () => void): boolean;
  /** All or nothing. Throws ParamChanged or TrackingFull. */
  log(run: string, batch: LoggedBatch): void;
  /** false where there was none. */
  untagRun(run: string, key: string): boolean;
  /** By step, then time. */
  history(
    run: string,
    key: string,
    page: { readonly from: number; readonly most: number },
  ): readonly TrackedMetric[];
  close(): void;
}
