// Plays recordings of a dataset that is kept here, one at a time. Whoever makes it closes it.
import { browserDatasets, type DatasetPorts } from './datasets.svelte.ts';

export class SoundPlayer {
  #context: AudioContext | undefined;
  #source: AudioBufferSourceNode | undefined;
  /** Goes up with each that is asked for: a later press is the one that is heard. */
  #turn = 0;

  constructor(private readonly ports: Pick<DatasetPorts, 'ingest'> = browserDatasets) {}

  /** Resolves once it begins: to undefined, or to why nothing is heard. */
  async play(dataset: string, row: number): Promise<string | undefined> {
    const turn = (this.#turn += 1);
    // Within the press, or a browser keeps the sound back.
    this.#context ??= new AudioContext();
    const context = this.#context;
    try {
      await context.resume();
      const answer = await (await this.ports.ingest()).ask({ type: 'sound', dataset, row });
      if (answer.type !== 'sound' || turn !== this.#turn) return undefined;
      const { samples, sampleRate } = answer;
      if (samples === null || samples.length === 0)
        return 'The sound of this recording is not kept here, only its spectrogram.';
      this.#source?.stop();
      const buffer = context.createBuffer(1, samples.length, sampleRate);
      buffer.copyToChannel(
        Float32Array.from(samples, (sample) => sample / 32_768),
        0,
      );
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(context.destination);
      source.start();
      this.#source = source;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  close(): void {
    this.#turn += 1;
    // Closing rejects only where it is closed already.
    void this.#context?.close().catch(() => undefined);
    this.#context = undefined;
  }
}
