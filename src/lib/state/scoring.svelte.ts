// Scores of several models on the held-out rows of one dataset on this device, one after the other.
import { figure } from '../core/metrics/figures.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { troubleOf, type DeviceState, type DeviceTrouble } from './device-state.svelte.ts';
import { askedOf, type ModelChoice } from './model-choice.ts';

export interface Score {
  readonly model: ModelChoice;
  readonly tally: Tally;
}

export class Scoring {
  /** By `<dataset> <model>`. */
  scores = $state.raw<Readonly<Record<string, Score>>>({});
  /** The title of the model being scored; null: none. */
  running = $state<string | null>(null);
  trouble = $state.raw<DeviceTrouble | null>(null);
  #stopped = false;

  constructor(private readonly device: Pick<DeviceState, 'ask'>) {}

  of(dataset: string, model: string): Score | undefined {
    return this.scores[`${dataset} ${model}`];
  }

  value(dataset: string, model: string, metric: MetricName): number | undefined {
    const score = this.of(dataset, model);
    return score === undefined ? undefined : figure(score.tally, metric);
  }

  /** Scores those that have no score yet; ends at the first failure or at `stop`. */
  async run(dataset: string, models: readonly ModelChoice[]): Promise<void> {
    if (this.running !== null) return;
    this.#stopped = false;
    this.trouble = null;
    for (const model of models) {
      if (this.#stopped) break;
      if (this.of(dataset, model.id) !== undefined) continue;
      this.running = model.title;
      try {
        const tally = await this.device.ask('evaluate', {
          ...askedOf(model),
          dataset,
        });
        this.scores = { ...this.scores, [`${dataset} ${model.id}`]: { model, tally } };
      } catch (error) {
        this.trouble = troubleOf(error);
        break;
      }
    }
    this.running = null;
  }

  stop(): void {
    this.#stopped = true;
  }
}
