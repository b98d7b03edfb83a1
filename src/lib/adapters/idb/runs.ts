// Runs of the workbench in IndexedDB: the record, which whoever trains replaces as it goes; what a person wrote on it, which any tab
// may; and the model's file. Three records, so that no two writers write the same one.
import {
  NO_LABELS,
  withoutCheckpoints,
  withoutRows,
  type KeptRun,
  type RunRecord,
  type RunStore,
} from '../../participant/workbench/run-record.ts';
import { checkpointsOf } from '../../participant/workbench/run-checkpoints.ts';
import type { Database, TributaryDatabase } from './database.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

const strict = { durability: 'strict' } as const;
type RunKey = TributaryDatabase['runs']['key'];

const allCheckpointsOf = (run: string): IDBKeyRange =>
  IDBKeyRange.bound(checkpointsOf(run), `${checkpointsOf(run)}\uffff`);

export function idbRunStore(database: Database, seal: Seal): RunStore {
  const stores = ['runs', 'runLabels', 'runModels'] as const;

  /** Of one transaction; undefined where there is no such run. */
  async function read(id: RunKey): Promise<KeptRun | undefined> {
    const transaction = database.transaction(['runs', 'runLabels']);
    const [run, labels] = await Promise.all([
      transaction.objectStore('runs').get(id),
      transaction.objectStore('runLabels').get(id),
    ]);
    if (run === undefined) return undefined;
    return {
      record: (await seal.open('runs', id, run)).record,
      labels: labels === undefined ? NO_LABELS : (await seal.open('runLabels', id, labels)).labels,
    };
  }
  async function model(id: RunKey): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const row = await database.get('runModels', id);
    return row === undefined ? undefined : (await seal.open('runModels', id, row)).bytes;
  }
  const written = (record: RunRecord, file: Uint8Array<ArrayBuffer> | undefined): Promise<void> =>
    storing(file?.byteLength ?? 0, () =>
      seal.writing(async (as) => {
        const row = await as.seal('runs', record.id, { id: record.id, record });
        const fileRow =
          file === undefined
            ? undefined
            : await as.seal('runModels', record.id, { id: record.id, bytes: file });
        const transaction = database.transaction(['runs', 'runModels', 'lock'], 'readwrite', strict);
        await as.confirm(transaction);
        await Promise.all([
          transaction.objectStore('runs').put(row),
          fileRow && transaction.objectStore('runModels').put(fileRow),
          transaction.done,
        ]);
      }),
    );
  const label: RunStore['label'] = (id, labels) =>
    storing(0, () =>
      seal.writing(async (as) => {
        const row = await as.seal('runLabels', id, { id, labels });
        const transaction = database.transaction(['runs', 'runLabels', 'lock'], 'readwrite', strict);
        await as.confirm(transaction);
        if ((await transaction.objectStore('runs').getKey(id)) !== undefined)
          await transaction.objectStore('runLabels').put(row);
        await transaction.done;
      }),
    );

  return {
    async list() {
      const transaction = database.transaction(['runs', 'runLabels']);
      const [rows, labelRows] = await Promise.all([
        transaction.objectStore('runs').getAll(),
        transaction.objectStore('runLabels').getAll(),
      ]);
      const labelled = new Map(labelRows.map((row) => [row.id, row]));
      const runs = await Promise.all(
        rows.map(async (row): Promise<KeptRun> => {
          const labels = labelled.get(row.id);
          return {
            record: (await seal.open('runs', row.id, row)).record,
            labels: labels === undefined ? NO_LABELS : (await seal.open('runLabels', row.id, labels)).labels,
          };
        }),
      );
      return runs.toSorted((a, b) => b.record.startedAt - a.record.startedAt);
    },
    read,
    model,
    put: written,
    label,
    async remove(id) {
      const run = await read(id);
      if (run === undefined) return undefined;
      const whole = { ...run, model: await model(id) };
      const transaction = database.transaction([...stores, 'checkpoints'], 'readwrite', strict);
      await Promise.all([
        ...stores.map((name) => transaction.objectStore(name).delete(id)),
        transaction.objectStore('checkpoints').delete(allCheckpointsOf(id)),
        transaction.done,
      ]);
      return whole;
    },
    async restore({ record, labels, model: file }) {
      await written(withoutCheckpoints(record), file);
      await label(record.id, labels);
    },
    async eraseRows(id, at) {
      const run = await read(id);
      const erased = run && withoutRows(run.record, at);
      const record = run && withoutCheckpoints(erased ?? run.record);
      await seal.writing(async (as) => {
        const row = record && (await as.seal('runs', id, { id, record }));
        const transaction = database.transaction([...stores, 'checkpoints', 'lock'], 'readwrite', strict);
        await as.confirm(transaction);
        await Promise.all([
          transaction.objectStore('checkpoints').delete(allCheckpointsOf(id)),
          ...(row === undefined ? [] : [transaction.objectStore('runs').put(row)]),
          ...(erased === undefined ? [] : [transaction.objectStore('runModels').delete(id)]),
          transaction.done,
        ]);
      });
    },
  };
}
