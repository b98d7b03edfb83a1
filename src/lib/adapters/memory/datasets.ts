// Datasets in memory: for headless participants, tests, and a browser that gives no storage. The contract suite's first subject.
import { countClasses } from '../../core/data/class-counts.ts';
import { datasetVersion } from '../../core/data/dataset-version.ts';
import { examplesBytes, joinExamples, withoutDuplicates, type Examples } from '../../core/data/examples.ts';
import {
  ImportMismatch,
  type DatasetDraft,
  type DatasetRecord,
  type DatasetStore,
  type DatasetWriter,
} from '../../ports/dataset-store.ts';

interface Held {
  readonly draft: DatasetDraft;
  readonly parts: Examples[];
  position: number;
  readonly startedAt: number;
  /** Set once it is finished. */
  record: DatasetRecord | undefined;
}

/** `now` in milliseconds since the epoch. */
export function memoryDatasetStore(now: () => number = () => Date.now()): DatasetStore {
  const held = new Map<string, Held>();
  const count = (one: Held): number => one.parts.reduce((total, part) => total + part.count, 0);

  const recordOf = (one: Held, importedAt: number): DatasetRecord => {
    const version = datasetVersion(one.draft.contract);
    let classCounts: number[] = countClasses(one.draft.contract, new Int32Array(0));
    let bytes = 0;
    for (const part of one.parts) {
      version.add(part.hashes);
      classCounts = countClasses(one.draft.contract, part.targets, classCounts);
      bytes += examplesBytes(part);
    }
    return { ...one.draft, count: count(one), classCounts, bytes, version: version.finish(), importedAt };
  };

  const writer = (id: string, one: Held, isResumed: boolean): DatasetWriter => ({
    resumed: isResumed
      ? {
          count: count(one),
          position: one.position,
          hashes: joinExamples(one.parts)?.hashes ?? new Uint32Array(0),
        }
      : undefined,
    append(examples, position) {
      if (held.get(id) !== one) return Promise.reject(new Error(`The import ${id} was deleted.`));
      if (examples.count > 0) one.parts.push(examples);
      one.position = position;
      return Promise.resolve();
    },
    finish() {
      if (count(one) === 0) return Promise.reject(new Error(`The dataset ${id} has no examples.`));
      one.record = recordOf(one, now());
      return Promise.resolve(one.record);
    },
    discard() {
      held.delete(id);
      return Promise.resolve();
    },
  });

  return {
    list: () =>
      Promise.resolve(
        [...held.values()]
          .map((one) => one.record)
          .filter((record) => record !== undefined)
          .toSorted((a, b) => b.importedAt - a.importedAt),
      ),
    resumable: () =>
      Promise.resolve(
        [...held.values()]
          .filter((one) => one.record === undefined)
          .map((one) => ({
            id: one.draft.id,
            federation: one.draft.federation,
            name: one.draft.name,
            source: one.draft.source,
            count: count(one),
            position: one.position,
            startedAt: one.startedAt,
          })),
      ),
    write(draft) {
      const known = held.get(draft.id);
      if (known?.record !== undefined)
        return Promise.reject(new Error(`The dataset ${draft.id} is finished.`));
      if (known !== undefined && known.draft.source !== draft.source)
        return Promise.reject(new ImportMismatch(known.draft.source, draft.source));
      if (known !== undefined && JSON.stringify(known.draft.contract) !== JSON.stringify(draft.contract))
        return Promise.reject(new ImportMismatch('another data contract', 'this one'));
      const one = known ?? { draft, parts: [], position: 0, startedAt: now(), record: undefined };
      held.set(draft.id, one);
      return Promise.resolve(writer(draft.id, one, known !== undefined));
    },
    add(id, examples) {
      const one = held.get(id);
      if (one?.record === undefined) return Promise.reject(new Error(`There is no dataset ${id}.`));
      const fresh = withoutDuplicates(
        examples,
        one.parts.map((part) => part.hashes),
      );
      if (fresh.count > 0) one.parts.push(fresh);
      one.record = recordOf(one, one.record.importedAt);
      return Promise.resolve(one.record);
    },
    record: (id) => Promise.resolve(held.get(id)?.record),
    read(id) {
      const one = held.get(id);
      return Promise.resolve(one?.record === undefined ? undefined : joinExamples(one.parts));
    },
    delete(id) {
      held.delete(id);
      return Promise.resolve();
    },
  };
}
