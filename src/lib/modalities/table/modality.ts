// Tables: rows of delimited text, workbooks, ARFF, JSON, Parquet and Arrow files.
import type { TableContract } from '../../core/data/contract.ts';
import type { Modality } from '../index.ts';
import { columnRules } from './column-rules.ts';
import { readTable, type TablePreview } from './read-table.ts';

export const tableModality: Modality<TableContract> = {
  kind: 'table',
  title: 'Table',
  // Rows are read faster than a position in the middle of a text could be found again and trusted.
  replays: true,
  async read(files, contract, into, log, options) {
    const preview: TablePreview = { header: [], rows: [] };
    const total = files.reduce((bytes, file) => bytes + file.size, 0);
    const rules = columnRules(contract);
    let done = 0;
    for (const file of files) {
      await readTable(file, contract, rules, into, log, preview, {
        signal: options.signal,
        keepsUnlabelled: options.keepsUnlabelled,
        isOwn: options.isOwn,
        onBytes: (bytes) => options.onFraction((done + bytes) / Math.max(1, total)),
      });
      options.onFile?.(file.path);
      done += file.size;
      options.onFraction(done / Math.max(1, total));
    }
    rules.finish(log);
    return { kind: 'table', header: preview.header, rows: preview.rows };
  },
};
