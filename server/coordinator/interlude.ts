// Between two rounds: the pause that the rules ask for, and the tallies of those who reported, so that a run stops at the
// version that reached its target and not one round later.
import type { ParticipantId, VersionNumber } from '#lib/core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { EVALUATION_DEADLINE_MS } from './surroundings.ts';

export class Interlude {
  #undo: (() => void)[] = [];
  #pausing = false;
  #awaited = new Set<ParticipantId>();
  #version: VersionNumber | undefined;

  constructor(
    private readonly clock: Clock,
    /** Called once when both have ended. */
    private readonly ended: () => void,
  ) {}

  get between(): 'evaluations' | 'pause' | undefined {
    if (this.#awaited.size > 0) return 'evaluations';
    return this.#pausing ? 'pause' : undefined;
  }

  begin(pauseMs: number, version?: VersionNumber, awaited: readonly ParticipantId[] = []): void {
    this.cancel();
    this.#version = version;
    this.#awaited = new Set(awaited);
    if (pauseMs > 0) {
      this.#pausing = true;
      this.#undo.push(
        this.clock.after(pauseMs, () => {
          this.#pausing = false;
          this.#check();
        }),
      );
    }
    if (this.#awaited.size > 0)
      this.#undo.push(
        this.clock.after(EVALUATION_DEADLINE_MS, () => {
          this.#awaited.clear();
          this.#check();
        }),
      );
    if (this.between === undefined) this.#undo.push(this.clock.after(0, () => this.#check()));
  }

  evaluated(version: VersionNumber, participant: ParticipantId): void {
    if (version === this.#version) this.left(participant);
  }

  /** Nothing more is to be expected of this participant. */
  left(participant: ParticipantId): void {
    if (this.#awaited.delete(participant)) this.#check();
  }

  cancel(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
    this.#pausing = false;
    this.#awaited.clear();
    this.#version = undefined;
  }

  #check(): void {
    if (this.between !== undefined) return;
    this.cancel();
    this.ended();
  }
}
