// Recordings of the device's motion that a person makes of a few classes, each of one class that is chosen before. They are in memory alone
// until the import has kept them, and each is kept or thrown away by a person first.
import { isMissing } from '../core/data/missing.ts';
import type { Result } from '../core/result.ts';
import {
  motionRows,
  motionTable,
  type MotionRecording,
  type MotionSample,
} from '../modalities/table/motion-table.ts';
import type { ChosenFile } from './chosen-files.ts';
import { newClasses } from './class-names.ts';
import { allowMotion, listenToMotion, SILENT, type MotionHeard } from './motion-sensor.ts';

export interface MotionPorts {
  /** From a press: some browsers ask the person. */
  allow(): Promise<Result<void, string>>;
  /** These two return their own undoing. */
  listen(heard: (one: MotionHeard) => void): () => void;
  every(milliseconds: number, run: () => void): () => void;
}

export const browserMotion: MotionPorts = {
  allow: () => allowMotion(),
  listen: listenToMotion,
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds);
    return () => clearInterval(timer);
  },
};

/** Seconds. */
export const LENGTHS = [5, 10, 30, 60] as const;
export const COUNTDOWNS = [0, 3, 5] as const;
/** Of all recordings: 80 minutes of 60 a second, 50 MB. */
const MOST_SAMPLES = 300_000;
/** Shorter ones hold no window. */
const SHORTEST_MS = 1000;
/** How often the trace is drawn anew and silence is looked for. */
const LOOK_MS = 100;
const SILENCE_MS = 2000;
/** Of the live trace. */
const TRACE_MS = 4000;

export interface KeptRecording extends MotionRecording {
  readonly id: number;
}

type View =
  | { readonly type: 'off' | 'asking' | 'waiting' | 'on' }
  | { readonly type: 'counting'; readonly label: string; readonly left: number }
  | { readonly type: 'recording'; readonly label: string; readonly milliseconds: number };

export class MotionRecordings {
  view = $state.raw<View>({ type: 'off' });
  /** Why the sensor is off, or nothing was recorded. */
  problem = $state.raw<string | null>(null);
  /** Why a class was not added. */
  refused = $state.raw<string | null>(null);
  classes = $state.raw<readonly string[]>([]);
  recordings = $state.raw<readonly KeptRecording[]>([]);
  /** Done, and neither kept nor thrown away yet. */
  pending = $state.raw<MotionRecording | null>(null);
  /** What the sensor said last, for the eye. */
  trace = $state.raw<readonly MotionSample[]>([]);
  /** Whether gravity is in the accelerations, as on devices that cannot tell it apart; undefined: nothing was heard yet. */
  hasGravity = $state.raw<boolean | undefined>();
  perSecond = $state<number>(50);
  seconds = $state<number>(10);
  countdown = $state<number>(3);

  readonly #ports: MotionPorts;
  #ids = 0;
  /** One more with each opening and closing. */
  #turn = 0;
  #stops: (() => void)[] = [];
  #heard: MotionSample[] = [];
  #silentFor = 0;
  #stopCounting: (() => void) | undefined;
  #recorded: MotionSample[] = [];
  #handed: { readonly files: readonly ChosenFile[]; readonly ids: ReadonlySet<number> } | undefined;

  constructor(ports: MotionPorts = browserMotion) {
    this.#ports = ports;
  }

  of(label: string): readonly KeptRecording[] {
    return this.recordings.filter((one) => one.label === label);
  }
  /** Recorded and not yet in a dataset. */
  get isUnkept(): boolean {
    return this.recordings.length > 0 || this.pending !== null;
  }
  /** Why they cannot be looked at yet. */
  get lacking(): string | undefined {
    if (this.classes.length < 2) return 'Name at least two classes first.';
    if (this.pending !== null) return 'Keep the last recording or throw it away first.';
    const empty = this.classes.find((label) => this.of(label).length === 0);
    return empty === undefined ? undefined : `Record ${empty} first, or remove the class.`;
  }
  /** Why nothing can be recorded now. */
  get hindrance(): string | undefined {
    if (this.pending !== null) return 'Keep the last recording or throw it away first.';
    if (this.view.type === 'counting' || this.view.type === 'recording') return 'A recording is under way.';
    if (this.view.type !== 'on') return 'Turn the sensor on first.';
    return undefined;
  }

  /** All of them or none. Returns whether they were added. */
  add(names: string): boolean {
    const added = newClasses(names, this.classes);
    // In a table, unlike the names of folders.
    const foul = added.ok ? added.value.find(isMissing) : undefined;
    if (!added.ok || foul !== undefined) {
      this.refused = added.ok
        ? `“${foul}” stands for a missing value in tables. Choose another name.`
        : added.error;
      return false;
    }
    this.refused = null;
    this.classes = [...this.classes, ...added.value];
    return true;
  }
  /** With its recordings. */
  removeClass(label: string): void {
    if ('label' in this.view && this.view.label === label) this.#idle();
    if (this.pending?.label === label) this.pending = null;
    this.recordings = this.recordings.filter((one) => one.label !== label);
    this.classes = this.classes.filter((name) => name !== label);
  }

  async open(): Promise<void> {
    this.close();
    this.problem = null;
    const turn = this.#turn;
    this.view = { type: 'asking' };
    const allowed = await this.#ports.allow();
    // Closed while the person was asked.
    if (turn !== this.#turn) return;
    if (!allowed.ok) {
      this.view = { type: 'off' };
      this.problem = allowed.error;
      return;
    }
    this.view = { type: 'waiting' };
    this.#silentFor = 0;
    if (!this.isUnkept) this.hasGravity = undefined;
    this.#stops = [
      this.#ports.listen((one) => this.#take(one)),
      this.#ports.every(LOOK_MS, () => this.#look()),
    ];
  }
  /** What was being recorded is asked about as if it had been stopped. */
  close(): void {
    this.#turn += 1;
    this.stop();
    for (const stop of this.#stops.splice(0)) stop();
    this.view = { type: 'off' };
    this.#heard = [];
    this.trace = [];
  }
  /** Of the tab: no browser tells a page that is not seen how the device moves. */
  hide(): void {
    if (this.view.type === 'off' || this.view.type === 'asking') return;
    const recorded = this.view.type === 'recording';
    this.close();
    const kept = recorded && this.pending !== null ? ' What was recorded until then is below.' : '';
    this.problem = `The sensor was turned off when this tab went out of sight: no browser tells a hidden page how the device moves.${kept} Turn it on to go on.`;
  }

  /** After the countdown. */
  record(label: string): void {
    if (this.hindrance !== undefined || !this.classes.includes(label)) return;
    this.problem = null;
    if (this.countdown === 0) return this.#begin(label);
    this.view = { type: 'counting', label, left: this.countdown };
    this.#stopCounting = this.#ports.every(1000, () => {
      if (this.view.type !== 'counting') return;
      const left = this.view.left - 1;
      if (left > 0) this.view = { ...this.view, left };
      else this.#begin(label);
    });
  }
  #begin(label: string): void {
    this.#idle();
    this.#recorded = [];
    this.view = { type: 'recording', label, milliseconds: 0 };
  }
  /** Before its time: what there is is asked about. Of a countdown nothing is left. */
  stop(): void {
    const { view } = this;
    if (view.type !== 'counting' && view.type !== 'recording') return;
    this.#idle();
    if (view.type !== 'recording') return;
    if (lengthOf(this.#recorded) < SHORTEST_MS)
      this.problem = 'The recording is shorter than a second and was not taken. Record again.';
    else this.pending = { label: view.label, samples: this.#recorded };
    this.#recorded = [];
  }
  #idle(): void {
    this.#stopCounting?.();
    this.#stopCounting = undefined;
    this.view = { type: 'on' };
  }

  #take({ at, own, withGravity }: MotionHeard): void {
    // One or the other in all recordings: a table that mixes them would tell devices apart.
    this.hasGravity ??= own === undefined;
    const values = this.hasGravity ? withGravity : own;
    if (values === undefined) return;
    this.#silentFor = 0;
    if (this.view.type === 'waiting') this.view = { type: 'on' };
    const sample = { at, values };
    this.#heard.push(sample);
    if (this.view.type !== 'recording') return;
    this.#recorded.push(sample);
    if (lengthOf(this.#recorded) >= this.seconds * 1000) return this.stop();
    const held = this.recordings.reduce((sum, { samples }) => sum + samples.length, 0);
    if (held + this.#recorded.length < MOST_SAMPLES) return;
    this.stop();
    this.problem = 'That is as much as is held at once. Look at the recordings, or remove some.';
  }
  #look(): void {
    this.#silentFor += LOOK_MS;
    if (this.#silentFor > SILENCE_MS) {
      const spoke = this.view.type !== 'waiting';
      this.close();
      this.problem = spoke
        ? 'The motion sensor fell silent: the system may have taken it away. Turn it on again.'
        : SILENT;
      return;
    }
    const latest = this.#heard.at(-1)?.at ?? 0;
    this.#heard = this.#heard.filter(({ at }) => at > latest - TRACE_MS);
    this.trace = this.#heard;
    if (this.view.type === 'recording') this.view = { ...this.view, milliseconds: lengthOf(this.#recorded) };
  }

  keep(): void {
    if (this.pending === null) return;
    this.#ids += 1;
    this.recordings = [...this.recordings, { ...this.pending, id: this.#ids }];
    this.pending = null;
  }
  discard(): void {
    this.pending = null;
  }
  remove(id: number): void {
    this.recordings = this.recordings.filter((one) => one.id !== id);
  }
  /** Of all: how many rows there will be, and how many of them are empty. */
  rows(): { readonly count: number; readonly missing: number } {
    const each = this.recordings.map(({ samples }) => motionRows(samples, this.perSecond));
    return {
      count: each.reduce((sum, { count }) => sum + count, 0),
      missing: each.reduce((sum, { missing }) => sum + missing, 0),
    };
  }

  /** One table, as the import reads it. */
  files(): readonly ChosenFile[] {
    const text = motionTable(this.recordings, this.perSecond);
    const files = [{ path: 'motion.csv', file: new File([text], 'motion.csv', { type: 'text/csv' }) }];
    this.#handed = { files, ids: new Set(this.recordings.map(({ id }) => id)) };
    return files;
  }
  /** These are kept as a dataset: they are not held here any longer. Those made since are. */
  kept(files: readonly ChosenFile[]): void {
    const handed = this.#handed;
    if (handed === undefined || handed.files !== files) return;
    this.#handed = undefined;
    this.recordings = this.recordings.filter(({ id }) => !handed.ids.has(id));
  }
}

const lengthOf = (samples: readonly MotionSample[]): number =>
  samples.length === 0 ? 0 : samples.at(-1)!.at - samples[0]!.at;
