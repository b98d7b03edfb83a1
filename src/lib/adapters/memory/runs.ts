// Runs in memory: for tests, and the contract suite's first subject.
import {
  NO_LABELS,
  withoutCheckpoints,
  withoutRows,
  type RunLabels,
  type RunStore,
  type WholeRun,
} from '../../participant/workbench/run-record.ts';

export function memoryRunStore(): RunStore {
  const held = new Map<string, WholeRun>();
  const read = (id: string): WholeRun | undefined => held.get(id);
  return {
    list: async () =>
      structuredClone(
        [...held.values()]
          .map(({ record, labels }) => ({ record, labels }))
          .toSorted((a, b) => b.record.startedAt - a.record.startedAt),
      ),
    async read(id) {
      const run = read(id);
      return run && structuredClone({ record: run.record, labels: run.labels });
    },
    model: async (id) => read(id)?.model?.slice(),
    async put(record, model) {
      const before = read(record.id);
      held.set(record.id, {
        record: structuredClone(record),
        labels: before?.labels ?? NO_LABELS,
        model: model?.slice() ?? before?.model,
      });
    },
    async label(id, labels: RunLabels) {
      const run = read(id);
      if (run !== undefined) held.set(id, { ...run, labels: structuredClone(labels) });
    },
    async remove(id) {
      const run = read(id);
      held.delete(id);
      return run;
    },
    async restore(run) {
      held.set(run.record.id, { ...run, record: withoutCheckpoints(run.record) });
    },
    async eraseRows(id, at) {
      const run = read(id);
      if (run === undefined) return;
      const erased = withoutRows(run.record, at);
      held.set(id, {
        ...run,
        record: withoutCheckpoints(erased ?? run.record),
        model: erased === undefined ? run.model : undefined,
      });
    },
  };
}
