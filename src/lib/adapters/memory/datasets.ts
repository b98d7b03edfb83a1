// Datasets in memory: for headless participants, tests, and a browser that gives no storage. The contract suite's first subject.
import type { Canonical } from '../../core/canonical.ts';
import { countClasses } from '../../core/data/class-counts.ts';
import { changesTo, describeChange, tagged, type KeptState } from '../../core/data/dataset-states.ts';
import { datasetVersion } from '../../core/data/dataset-version.ts';
import { examplesBytes, joinExamples, withoutDuplicates, type Examples } from '../../core/data/examples.ts';
import { afterChanges, applyChange, type RowChange } from '../../core/data/row-change.ts';
import { rowIdentities } from '../../core/data/row-identities.ts';
import { featuresName } from '../../core/labelling/example-names.ts';
import type { JournalEntry } from '../../core/labelling/journal.ts';
import {
  DatasetMoved,
  ImportMismatch,
  type DatasetCheck,
  type DatasetCommit,
  type DatasetDraft,
  type DatasetRecord,
  type DatasetStore,
  type DatasetWriter,
  type MergedStates,
  type StateTag,
} from '../../ports/dataset-store.ts';

interface Held {
  readonly draft: DatasetDraft;
  readonly parts: Examples[];
  position: number;
  readonly startedAt: number;
  /** Set once it is finished. */
  record: DatasetRecord | undefined;
  check: DatasetCheck | undefined;
  /** The import as a state, once there is a commit. */
  root: DatasetCommit | undefined;
  readonly states: KeptState<DatasetCommit>[];
  head: number;
  recipe: Canonical | undefined;
  weakRules: Canonical | undefined;
  splits: Canonical | undefined;
  tags: readonly StateTag[];
  withheld: readonly string[];
  readonly journal: JournalEntry[];
}

const appended = (examples: Examples): RowChange => ({
  replaced: new Uint32Array(0),
  removed: new Uint32Array(0),
  examples,
});

/** As they were imported, and what was added or changed since. */
const partsOf = (one: Held | undefined): readonly Examples[] => [
  ...(one?.parts ?? []),
  ...(one?.states ?? []).flatMap(({ change }) => change.examples ?? []),
];

function soundIn(parts: readonly Examples[], name: string): Int16Array<ArrayBuffer> | undefined {
  for (const { count, features, sounds } of parts) {
    const size = features.length / count;
    const row = (sounds ?? []).findIndex(
      (_, at) => featuresName(features.slice(at * size, (at + 1) * size)) === name,
    );
    if (row >= 0) return sounds?.[row]?.slice();
  }
  return undefined;
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
    return {
      ...one.draft,
      count: count(one),
      classCounts,
      bytes,
      version: version.finish(),
      importedAt,
      ...(one.check === undefined ? {} : { check: one.check }),
    };
  };

  const finished = (id: string): Held & { record: DatasetRecord } => {
    const one = held.get(id);
    if (one?.record === undefined) throw new Error(`There is no dataset ${id}.`);
    return one as Held & { record: DatasetRecord };
  };
  const rootOf = (one: Held & { record: DatasetRecord }): DatasetCommit =>
    one.root ?? {
      number: 0,
      parent: null,
      message: 'Imported',
      at: one.record.importedAt,
      version: one.record.version,
      count: one.record.count,
      classCounts: one.record.classCounts,
      changed: 0,
      added: one.record.count,
      removed: 0,
    };
  const stateOf = (one: Held, state: number): Examples | undefined => {
    const imported = joinExamples(one.parts);
    const changes = changesTo(one.states, state);
    return imported === undefined || changes === undefined ? undefined : afterChanges(imported, changes);
  };
  const commit = (
    id: string,
    base: string | undefined,
    change: RowChange,
    message: string,
    merge?: MergedStates,
  ): DatasetRecord => {
    const one = finished(id);
    if (base !== undefined && one.record.version !== base) throw new DatasetMoved(id);
    if (merge !== undefined && merge.onto !== one.head) throw new DatasetMoved(id);
    const before = stateOf(one, one.head);
    if (before === undefined) throw new Error(`The dataset ${id} has no state ${one.head}.`);
    const after = applyChange(before, change);
    if (after.count === 0) throw new Error('The change would leave the dataset without a row.');
    one.root = rootOf(one);
    const number = one.states.length + 1;
    const made = describeChange(one.draft.contract, after, change);
    const parents = { parent: one.head, ...(merge === undefined ? {} : { merged: merge.from }) };
    one.states.push({ commit: { number, ...parents, message, at: now(), ...made }, change });
    one.head = number;
    const { version, classCounts } = made;
    const bytes = one.record.bytes + (change.examples === undefined ? 0 : examplesBytes(change.examples));
    one.record = { ...one.record, version, count: after.count, classCounts, bytes };
    return one.record;
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
    finish(check) {
      if (count(one) === 0) return Promise.reject(new Error(`The dataset ${id} has no examples.`));
      one.check = check;
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
            ...one.draft,
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
      const one = known ?? {
        draft,
        parts: [],
        position: 0,
        startedAt: now(),
        record: undefined,
        check: undefined,
        root: undefined,
        states: [],
        head: 0,
        recipe: undefined,
        weakRules: undefined,
        splits: undefined,
        tags: [],
        withheld: [],
        journal: [],
      };
      held.set(draft.id, one);
      return Promise.resolve(writer(draft.id, one, known !== undefined));
    },
    async add(id, examples) {
      const one = finished(id);
      const known = one.states.length === 0 ? one.parts : [stateOf(one, one.head)];
      const fresh = withoutDuplicates(
        examples,
        known.map((part) => part?.hashes ?? new Uint32Array(0)),
      );
      if (fresh.count === 0) return one.record;
      if (one.states.length > 0) return commit(id, undefined, appended(fresh), 'Added examples');
      one.parts.push(fresh);
      one.record = recordOf(one, one.record.importedAt);
      return one.record;
    },
    record: (id) => Promise.resolve(held.get(id)?.record),
    read(id, state) {
      const one = held.get(id);
      return Promise.resolve(one?.record === undefined ? undefined : stateOf(one, state ?? one.head));
    },
    history(id) {
      const one = held.get(id);
      if (one?.record === undefined) return Promise.resolve(undefined);
      return Promise.resolve({
        head: one.head,
        commits: [rootOf(finished(id)), ...one.states.map((state) => state.commit)],
        tags: one.tags,
      });
    },
    identities(id, state) {
      const one = held.get(id);
      return Promise.resolve(
        one?.record === undefined ? undefined : rowIdentities(rootOf(finished(id)).count, one.states, state),
      );
    },
    commit: async (id, base, change, message, merge) => commit(id, base, change, message, merge),
    async checkout(id, state) {
      const one = finished(id);
      const wanted = [rootOf(one), ...one.states.map((kept) => kept.commit)].find(
        (kept) => kept.number === state,
      );
      if (wanted === undefined) throw new Error(`The dataset ${id} has no state ${state}.`);
      one.head = state;
      const { version, count: rows, classCounts } = wanted;
      one.record = { ...one.record, version, count: rows, classCounts };
      return one.record;
    },
    async tag(id, name, state) {
      const one = finished(id);
      if (state !== null && (state < 0 || state > one.states.length))
        throw new Error(`The dataset ${id} has no state ${state}.`);
      one.tags = tagged(one.tags, name, state);
    },
    withheld: async (id) => held.get(id)?.withheld ?? [],
    async withhold(id, columns) {
      finished(id).withheld = [...columns];
    },
    recipe: (id) => Promise.resolve(held.get(id)?.recipe),
    async keepRecipe(id, recipe) {
      finished(id).recipe = structuredClone(recipe);
    },
    weakRules: (id) => Promise.resolve(held.get(id)?.weakRules),
    async keepWeakRules(id, rules) {
      finished(id).weakRules = structuredClone(rules);
    },
    splits: (id) => Promise.resolve(held.get(id)?.splits),
    async keepSplits(id, change) {
      const held = finished(id);
      held.splits = structuredClone(change(held.splits));
    },
    judge: async (id, ...entries) => void finished(id).journal.push(...entries),
    journal: (id) => Promise.resolve([...(held.get(id)?.journal ?? [])]),
    sound: (id, name) => Promise.resolve(soundIn(partsOf(held.get(id)), name)),
    delete(id) {
      held.delete(id);
      return Promise.resolve();
    },
  };
}
