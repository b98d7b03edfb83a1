// Runs in words: when, how they stand, what of them can be compared.
import { toleranceSentence } from '../participant/workbench/run-again.ts';
import type { RunMetric, RunStatus } from '../core/run-query/query.ts';
import type { RunRecord } from '../participant/workbench/run-record.ts';
import { clock } from './clock-text.ts';
import { bytes, number, percent } from './format.ts';

const two = (part: number): string => String(part).padStart(2, '0');

/** "2026-11-23 05:41", in the zone of whoever looks: in order as a text. */
export function sortableDateTime(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The words of a status: a tone and a glyph for its pill. */
export const statusLook: Readonly<
  Record<RunStatus, { readonly tone: 'ok' | 'warn' | 'danger' | 'info' | 'neutral'; readonly glyph: string }>
> = {
  running: { tone: 'info', glyph: '■' },
  'cut off': { tone: 'warn', glyph: '○' },
  stopped: { tone: 'neutral', glyph: '○' },
  failed: { tone: 'danger', glyph: '✕' },
  finished: { tone: 'ok', glyph: '●' },
};

/** A metric as a person reads it. */
export function metricText(name: string, value: number, isShare: boolean): string {
  if (name === 'bytes') return bytes(value);
  if (name === 'seconds') return value < 60 ? `${number(value)} s` : clock(value * 1000);
  return isShare ? percent(value) : number(value);
}

/** "0.83 to 0.95"; undefined where there is none. */
export function intervalText(name: string, { interval }: RunMetric, isShare: boolean): string | undefined {
  if (interval === undefined) return undefined;
  const plain = (value: number): string =>
    isShare ? (value * 100).toFixed(1) : metricText(name, value, false);
  return `${plain(interval.low)} to ${plain(interval.high)}`;
}

/** What came of having a run again; undefined of a run that has none again, or has not ended. */
export function samenessWords({
  isSame,
  isWithin,
}: {
  readonly isSame: boolean | null;
  readonly isWithin?: boolean | null;
}): { readonly tone: 'ok' | 'warn'; readonly title: string; readonly says: string } | undefined {
  if (isSame === null) return undefined;
  if (isSame) return { tone: 'ok', title: 'Every bit of the model is as before', says: '' };
  return isWithin === true
    ? { tone: 'ok', title: 'Other bits, and the same within the tolerance', says: toleranceSentence }
    : {
        tone: 'warn',
        title: 'The model is not the one of the first run',
        says: `Another program or browser may give other bits; both manifests say which was which. ${toleranceSentence}`,
      };
}

/** What the model of a run is asked about. */
export function takesOf({
  manifest: {
    setup: { target, task, series },
  },
}: Pick<RunRecord, 'manifest'>): 'rows' | 'windows' | 'pictures or recordings' {
  if (task === 'groups') return 'rows';
  return target === null ? 'pictures or recordings' : series === null ? 'rows' : 'windows';
}
