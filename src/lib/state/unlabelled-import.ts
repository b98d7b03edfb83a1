// An import that refused examples for want of a label alone: how many, and keeping them without one after all.
import type { DataContract } from '../core/data/contract.ts';
import type { ImportReport } from '../modalities/import-report.ts';
import type { DatasetsState, ImportOutcome } from './datasets.svelte.ts';

/** Of the last import; 0 where none was refused so, or nothing more can be had. */
export function lackingLabel({ task, outcome }: Pick<DatasetsState, 'task' | 'outcome'>): number {
  if (task?.source.type !== 'files' || task.keepsUnlabelled === true) return 0;
  return outcome === null || outcome.type === 'cancelled'
    ? 0
    : refusedUnlabelled(outcome.report, task.contract);
}

/** Pictures in no class folders, recordings whose names say no class, rows whose class is missing. */
function refusedUnlabelled(report: ImportReport, contract: DataContract): number {
  if (contract.kind !== 'table') return report.refusedByKind['unknown-class'] ?? 0;
  const { target } = contract;
  if (target.type !== 'classes') return 0;
  const missing = report.broken.find((rule) => rule.kind === 'missing-value' && rule.column === target.name);
  return missing?.count ?? 0;
}

/** Reads the last files again and keeps those too, without a label: in the same dataset, where there is one. */
export async function keepUnlabelled(datasets: DatasetsState): Promise<ImportOutcome | undefined> {
  const { task, outcome } = datasets;
  if (task === undefined) return undefined;
  const dataset = outcome?.type === 'imported' ? outcome.record.id : task.dataset;
  return datasets.import({ ...task, dataset, keepsUnlabelled: true });
}
