// Puts encoded examples together into batches: hashes them, leaves duplicates out, and hands full batches to a sink. Shared
// by every modality and every place an import runs (worker, Node, tests).
import {
  audioSamples,
  exampleShape,
  classLabels,
  isPlane,
  textColumns,
  type DataContract,
} from '../core/data/contract.ts';
import { murmur128, occurrenceWord, targetSeed, textSeed } from '../core/data/example-hash.ts';
import type { Examples } from '../core/data/examples.ts';
import { hashCounts, type HashCounts } from '../core/data/hash-counts.ts';
import { bytesOf } from '../core/digest.ts';

/** Where batches go; a DatasetWriter is one. Owns what it is given. */
export interface ExampleSink {
  append(examples: Examples, position: number): Promise<void>;
}

/** What an import that was cut off had already made durable. */
export interface Resumed {
  readonly count: number;
  readonly position: number;
  /** [count, 2] */
  readonly hashes: Uint32Array;
}

/** The files are not those that the cut-off import had begun with. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
}

export interface Assembler {
  /** Source records taken so far (rows, archive entries, pictures): the reader counts it up. */
  position: number;
  /** True, and counted, for a record that a resumed import has behind it and need not look at again. */
  passesOver(): boolean;
  readonly accepted: number;
  readonly duplicates: number;
  /** Room for one example: write its values to `features` from `at`, then `commit`. */
  slot(): { readonly features: Uint8Array | Float32Array; readonly at: number };
  /**
   * Takes the example in the slot. `occurrences` counts equal examples of one file: with it, a repeated row is an example of
   * its own, and only the same occurrence of another file is its duplicate. `group`, 32 bits, takes the place of the hash's first
   * word, which decides the split: examples of one group are never divided. `texts`: a cell for each of the contract's columns of texts.
   * `sound`: what a recording was made of, kept beside it.
   */
  commit(
    target: number,
    occurrences?: HashCounts,
    group?: number,
    texts?: readonly string[],
    sound?: Int16Array<ArrayBuffer>,
  ): 'accepted' | 'duplicate';
  /** Hands over the batches that are full; called between pieces of the source. */
  flush(): Promise<void>;
  /** Hands over everything. */
  finish(): Promise<void>;
}

/** A batch of about 4 MiB (never fewer than 4 examples, of 3 MiB at most): one chunk, one transaction. */
const BATCH_BYTES = 4 * 1024 * 1024;
export const batchRows = (exampleBytes: number): number =>
  Math.max(4, Math.min(65_536, Math.floor(BATCH_BYTES / Math.max(1, exampleBytes))));

/** Room for this many at first, doubled as they come: most files fill no batch. */
const FIRST_ROWS = 64;

interface Batch {
  /** Rows that there is room for. */
  readonly room: number;
  readonly features: Uint8Array | Float32Array;
  readonly bytes: Uint8Array;
  readonly targets: Int32Array | Float32Array;
  readonly hashes: Uint32Array;
  readonly sounds: Int16Array<ArrayBuffer>[];
  readonly texts: readonly string[][];
  letters: number;
  count: number;
}

/**
 * `resumed` with `replays`: the reader goes through the source from its start, and what is durable already is compared and not
 * written again. Without `replays`, `passesOver` says which records the reader skips.
 */
export function assembler(
  contract: DataContract,
  sink: ExampleSink,
  resume: { readonly resumed?: Resumed | undefined; readonly replays: boolean },
): Assembler {
  const size = exampleShape(contract).reduce((product, side) => product * side, 1);
  const isClass = classLabels(contract) !== undefined;
  const bytesPerValue = isPlane(contract) ? 1 : 4;
  const soundBytes = contract.kind === 'audio' ? audioSamples(contract) * 2 : 0;
  const rows = batchRows(size * bytesPerValue + soundBytes);
  const textual = textColumns(contract);
  const seen = hashCounts(resume.resumed?.count ?? 1024);
  const hash = new Uint32Array(4);
  let full: { readonly batch: Batch; readonly position: number }[] = [];
  let accepted = 0;
  let duplicates = 0;
  /** Position after the last example of the present batch. */
  let taken = 0;

  const withRoom = (room: number): Batch => {
    const features = isPlane(contract) ? new Uint8Array(room * size) : new Float32Array(room * size);
    const targets = isClass ? new Int32Array(room) : new Float32Array(room);
    return {
      room,
      features,
      bytes: bytesOf(features),
      targets,
      hashes: new Uint32Array(room * 2),
      sounds: [],
      texts: textual.map(() => []),
      letters: 0,
      count: 0,
    };
  };
  const fresh = (): Batch => withRoom(Math.min(rows, FIRST_ROWS));
  const grown = (one: Batch): Batch => {
    const { count, sounds, texts, letters } = one;
    const larger = { ...withRoom(Math.min(rows, one.room * 2)), count, sounds, texts, letters };
    larger.features.set(one.features);
    larger.targets.set(one.targets);
    larger.hashes.set(one.hashes);
    return larger;
  };
  let batch = fresh();
  const replayed = resume.replays ? resume.resumed : undefined;
  if (resume.resumed !== undefined && replayed === undefined) {
    const { count, hashes } = resume.resumed;
    for (let row = 0; row < count; row += 1) seen.add(hashes[row * 2]!, hashes[row * 2 + 1]!);
    accepted = count;
  }

  const handOver = async (): Promise<void> => {
    const ready = full;
    full = [];
    for (const { batch: one, position } of ready) {
      const isWhole = one.count === rows;
      await sink.append(
        {
          count: one.count,
          features: isWhole ? one.features : one.features.slice(0, one.count * size),
          targets: isWhole ? one.targets : one.targets.slice(0, one.count),
          hashes: isWhole ? one.hashes : one.hashes.slice(0, one.count * 2),
          ...(one.sounds.length === 0 ? {} : { sounds: one.sounds }),
          ...(textual.length === 0 ? {} : { texts: one.texts }),
        },
        position,
      );
    }
  };

  const self: Assembler = {
    position: 0,
    passesOver() {
      if (replayed !== undefined || self.position >= (resume.resumed?.position ?? 0)) return false;
      self.position += 1;
      return true;
    },
    get accepted() {
      return accepted;
    },
    get duplicates() {
      return duplicates;
    },
    slot: () => ({ features: batch.features, at: batch.count * size }),
    commit(target, occurrences, group, texts = [], sound = undefined) {
      const start = batch.count * size * bytesPerValue;
      const seed = textSeed(texts, targetSeed(target, isClass));
      murmur128(hash, batch.bytes, start, start + size * bytesPerValue, seed);
      const first = group ?? hash[0]!;
      const second =
        occurrences === undefined ? hash[1]! : occurrenceWord(hash[1]!, occurrences.add(first, hash[1]!));
      if (seen.add(first, second) > 0) {
        duplicates += 1;
        return 'duplicate';
      }
      accepted += 1;
      if (replayed !== undefined && accepted <= replayed.count) {
        const row = accepted - 1;
        if (replayed.hashes[row * 2] !== first || replayed.hashes[row * 2 + 1] !== second)
          throw new SourceChanged(`Example ${accepted} is not the one that was imported before.`);
        // A copy of it is durable already: the slot is used again.
        return 'accepted';
      }
      batch.targets[batch.count] = target;
      batch.hashes[batch.count * 2] = first;
      batch.hashes[batch.count * 2 + 1] = second;
      if (sound !== undefined) batch.sounds.push(sound);
      for (const [column, cells] of batch.texts.entries()) {
        cells.push(texts[column] ?? '');
        batch.letters += texts[column]?.length ?? 0;
      }
      batch.count += 1;
      taken = self.position;
      if (batch.count === rows || batch.letters > BATCH_BYTES) {
        full.push({ batch, position: taken });
        batch = fresh();
      } else if (batch.count === batch.room) batch = grown(batch);
      return 'accepted';
    },
    flush: handOver,
    async finish() {
      if (batch.count > 0) full.push({ batch, position: taken });
      batch = fresh();
      await handOver();
      if (replayed !== undefined && accepted < replayed.count)
        throw new SourceChanged(
          `Only ${accepted} of the ${replayed.count} examples imported before are in these files.`,
        );
    },
  };
  return self;
}
