// A run of the workbench as other programs take it (core/run-export): its parameters and figures, its curve and its search.
import type { ExportedRun, RunPoints } from '../../core/run-export/exported-run.ts';
import { metricsOf, nameOf, paramsOf, sourceOfRecord, type RunSource } from './run-figures.ts';
import type { KeptRun, RunOutcome } from './run-record.ts';

/** `isHeld`: some tab trains it now. */
export const exportedRun = ({ record, labels }: KeptRun, isHeld = false): ExportedRun => ({
  ...figuresOfRun(sourceOfRecord(record)),
  id: record.id,
  experiment: record.dataset.name,
  provenance: provenanceOf(record.manifest),
  tags: labels.tags,
  note: labels.note,
  status: exportedStatus(record.outcome.type, isHeld),
  startedAt: record.startedAt,
  endedAt: record.endedAt,
});

const exportedStatus = (type: RunOutcome['type'], isHeld: boolean): ExportedRun['status'] =>
  type === 'grouped' ? 'finished' : type === 'running' && !isHeld ? 'stopped' : type;

/** Of the rows as they were read, and of the model that came of them. */
export const provenanceOf = ({
  program,
  data,
  finished,
}: Pick<KeptRun['record']['manifest'], 'program' | 'data' | 'finished'>): Record<string, string> => ({
  program,
  ...(data === null ? {} : { data }),
  ...(finished === null ? {} : { model: finished.digest }),
});

/** The part of it that a run of the command line has too. */
export const figuresOfRun = (
  run: RunSource,
): Pick<ExportedRun, 'name' | 'params' | 'metrics' | 'series'> => ({
  name: nameOf(run),
  params: paramsOf(run),
  metrics: Object.fromEntries(Object.entries(metricsOf(run)).map(([name, { value }]) => [name, value])),
  series: [...curveOf(run), ...searchOf(run), ...groupsTriedOf(run)],
});

/** Every point that was drawn. The metric is accuracy, or root mean squared error. */
const curveOf = ({ curve }: Pick<RunSource, 'curve'>): readonly RunPoints[] =>
  (
    [
      ['train/loss', 'loss'],
      ['train/metric', 'trainingMetric'],
      ['held-out/loss', 'heldOutLoss'],
      ['held-out/metric', 'heldOutMetric'],
    ] as const
  ).flatMap(([name, field]) => {
    const points = curve.flatMap(({ step, [field]: value }) =>
      value === undefined ? [] : [{ step, value }],
    );
    return points.length === 0 ? [] : [{ name, points }];
  });

/** Losses of trials on all rows, and the lowest by then. */
function searchOf({ manifest }: Pick<RunSource, 'manifest'>): readonly RunPoints[] {
  let best = Infinity;
  const trials = manifest.trials.flatMap(({ loss, share }, at) =>
    loss === null || share < 1 ? [] : [{ step: at + 1, value: loss }],
  );
  if (trials.length === 0) return [];
  return [
    { name: 'search/loss', points: trials },
    {
      name: 'search/best',
      points: trials.map(({ step, value }) => ({ step, value: (best = Math.min(best, value)) })),
    },
  ];
}

/** By the number of groups. */
const groupsTriedOf = ({ groups }: Pick<RunSource, 'groups'>): readonly RunPoints[] =>
  (groups?.tried.length ?? 0) === 0
    ? []
    : (['silhouette', 'inertia'] as const).map((name) => ({
        name: `groups/${name}`,
        points: (groups?.tried ?? []).map((one) => ({ step: one.groups, value: one[name] })),
      }));
