// What the playground's page knows: the experiment that is made, its rounds so far, and whether it runs. Rounds are asked for
// one at a time, so that pausing is heard after the round at hand; a new experiment forgets what the old one still answers.
import { type Experiment, writeExperiment } from '../participant/play/experiment.ts';
import type { PlayRound } from '../participant/play/play-federation.ts';
import type { PlayReference } from '../participant/play/play-references.ts';
import type { PlayMade } from '../workers/play-messages.ts';

/** Of PlayClient. */
export interface PlayPort {
  make(experiment: Experiment): Promise<readonly PlayMade[]>;
  round(): Promise<readonly (PlayRound | null)[]>;
  reference(): Promise<PlayReference | null>;
}

export interface PlaySide {
  readonly made: PlayMade;
  readonly rounds: readonly PlayRound[];
}

/** Enough for every strategy to settle, or to have shown that it does not. */
export const MOST_ROUNDS = 200;

export class Playground {
  sides = $state.raw<readonly PlaySide[]>([]);
  /** One a round of the first setting, as far as they were asked for. */
  references = $state.raw<readonly PlayReference[]>([]);
  /** Whether rounds are followed by a pass of what they are held against. */
  comparing = $state(false);
  running = $state(false);
  /** A round, or the making, is under way. */
  busy = $state(false);
  /** The worker's failure, for the person; null: none. */
  trouble = $state<string | null>(null);

  readonly #port: PlayPort;
  #address: string | undefined;
  /** Of the experiment: what an earlier one answers late is dropped. */
  #generation = 0;

  constructor(port: PlayPort) {
    this.#port = port;
  }

  get round(): number {
    return Math.max(0, ...this.sides.map((side) => side.rounds.length));
  }
  get isOver(): boolean {
    return this.round >= MOST_ROUNDS;
  }
  /** At least one setting could be made. */
  get canRun(): boolean {
    return this.sides.some((side) => side.made.ok);
  }

  /** Makes it, unless it is the one that is there; one that ran goes on running. */
  async show(experiment: Experiment): Promise<void> {
    if (writeExperiment(experiment) === this.#address) return;
    await this.#make(experiment);
  }

  /** The same experiment again, from its first round. */
  async reset(experiment: Experiment): Promise<void> {
    this.running = false;
    await this.#make(experiment);
  }

  async start(): Promise<void> {
    if (this.running || !this.canRun || this.isOver) return;
    this.running = true;
    // What is under way goes on to run when it is done.
    if (!this.busy) await this.#run(this.#generation);
  }

  pause(): void {
    this.running = false;
  }

  async step(): Promise<void> {
    if (this.running || this.busy || !this.canRun || this.isOver) return;
    const generation = this.#generation;
    await this.#round(generation);
    await this.#run(generation);
  }

  /** What was played already is caught up with, a pass at a time. */
  async compare(on: boolean): Promise<void> {
    if (this.comparing === on) return;
    this.comparing = on;
    if (this.busy) return;
    const generation = this.#generation;
    this.busy = true;
    try {
      await this.#catchUp(generation);
    } catch (error) {
      this.#failed(generation, error);
    }
    if (generation !== this.#generation) return;
    this.busy = false;
    await this.#run(generation);
  }

  async #make(experiment: Experiment): Promise<void> {
    const generation = (this.#generation += 1);
    this.#address = writeExperiment(experiment);
    this.busy = true;
    this.trouble = null;
    try {
      const made = await this.#port.make(experiment);
      if (generation !== this.#generation) return;
      this.sides = made.map((one) => ({ made: one, rounds: [] }));
      this.references = [];
    } catch (error) {
      this.#failed(generation, error);
    }
    if (generation !== this.#generation) return;
    this.busy = false;
    await this.#run(generation);
  }

  async #run(generation: number): Promise<void> {
    while (this.running && generation === this.#generation) {
      if (this.isOver || !this.canRun) this.running = false;
      else await this.#round(generation);
    }
  }

  async #round(generation: number): Promise<void> {
    this.busy = true;
    try {
      const rounds = await this.#port.round();
      if (generation !== this.#generation) return;
      this.sides = this.sides.map((side, index) => {
        const round = rounds[index];
        return round === null || round === undefined ? side : { ...side, rounds: [...side.rounds, round] };
      });
      await this.#catchUp(generation);
    } catch (error) {
      this.#failed(generation, error);
    }
    if (generation === this.#generation) this.busy = false;
    if (this.isOver) this.running = false;
  }

  async #catchUp(generation: number): Promise<void> {
    const isBehind = (): boolean =>
      this.comparing && this.references.length < (this.sides[0]?.rounds.length ?? 0);
    while (generation === this.#generation && isBehind()) {
      const reference = await this.#port.reference();
      if (generation !== this.#generation || reference === null) return;
      this.references = [...this.references, reference];
    }
  }

  #failed(generation: number, error: unknown): void {
    if (generation !== this.#generation) return;
    this.trouble = error instanceof Error ? error.message : String(error);
    this.running = false;
    this.#address = undefined;
  }
}
