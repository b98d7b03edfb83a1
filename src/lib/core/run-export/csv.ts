// A run as two tables (RFC 4180): what it was given and came to, and every point of its curves.
import {
  allSeries,
  plainName,
  textFile,
  timeOf,
  type ExportedFile,
  type ExportedRun,
} from './exported-run.ts';

export function csvFiles(run: ExportedRun): readonly ExportedFile[] {
  const base = plainName(`${run.name}-${run.id.slice(0, 8)}`);
  const facts: (readonly [string, string, string | number])[] = [
    ['run', 'id', run.id],
    ['run', 'name', run.name],
    ['run', 'experiment', run.experiment],
    ['run', 'status', run.status],
    ['run', 'started', new Date(run.startedAt).toISOString()],
    ...(run.endedAt === null ? [] : [['run', 'ended', new Date(run.endedAt).toISOString()] as const]),
    ...(run.note === '' ? [] : [['run', 'note', run.note] as const]),
    ...run.tags.map((tag) => ['tag', tag, ''] as const),
    ...Object.entries(run.params).map(([name, value]) => ['parameter', name, value] as const),
    ...Object.entries(run.metrics).map(([name, value]) => ['metric', name, value] as const),
  ];
  const points = allSeries(run).flatMap(({ name, points: own }) =>
    own.map((point, at) => [
      name,
      point.step,
      point.value,
      new Date(timeOf(run, point, at, own.length)).toISOString(),
    ]),
  );
  return [
    textFile(`${base}.csv`, table(['kind', 'name', 'value'], facts)),
    textFile(`${base}-points.csv`, table(['name', 'step', 'value', 'time'], points)),
  ];
}

const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');

/** A text that a spreadsheet would take for a formula has an apostrophe before it (OWASP: CSV injection). */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
