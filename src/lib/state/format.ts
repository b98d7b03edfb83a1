// Numbers, sizes, durations and times as words on screen. Nothing here invents a value: undefined in, undefined out.
// One fixed language, so that the server and the browser render the same text.
import { metrics } from '../core/metrics/metric-list.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';

const wholeNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const plural = new Intl.PluralRules('en');

/** "1,204" */
export const count = (value: number): string => wholeNumber.format(value);

/** "1 device", "12 devices"; `many` where the plural is not made by an s. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${plural.select(value) === 'one' ? one : many}`;

/** Decimal units, as operating systems show them: "0.6 MB", "796 kB". */
export function bytes(value: number): string {
  if (value < 1000) return `${count(value)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'] as const;
  let scaled = value;
  let unit: string = 'B';
  for (const next of units) {
    if (scaled < 999.5) break;
    scaled /= 1000;
    unit = next;
  }
  return `${scaled < 10 ? scaled.toFixed(1) : scaled.toFixed(0)} ${unit}`;
}

/** "83.6 %" with a narrow no-break space. */
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}\u202f%`;

/** A loss or error: three significant digits, with a true minus sign. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e6 || size < 1e-4)
      ? value.toExponential(digits - 1)
      : size >= 1000
        ? count(value)
        : Number(value.toPrecision(digits)).toString();
  return text.replace('-', '−');
}

/** A figure of a metric as the person reads it: shares in percent, others as numbers. */
export const metricValue = (name: MetricName, value: number | undefined): string | undefined =>
  value === undefined ? undefined : metrics[name].isShare ? percent(value) : number(value);

/** The change between two figures, with its sign: "+0.6" (points for shares) or "−0.031"; "±0" where they read the same. */
export function metricChange(name: MetricName, from: number, to: number): string {
  if (!metrics[name].isShare && Math.abs(to - from) < to / 1000) return '±0';
  const change = metrics[name].isShare ? (to - from) * 100 : to - from;
  const text = metrics[name].isShare ? Math.abs(change).toFixed(1) : number(Math.abs(change));
  return `${change > 0 ? '+' : change < 0 ? '−' : '±'}${text}`;
}

/** Whether `to` is better than `from`; undefined where they are equal. */
export const isBetter = (name: MetricName, from: number, to: number): boolean | undefined =>
  from === to ? undefined : to > from === metrics[name].higherIsBetter;

/** Quantised, because nobody knows better: "a few seconds", "about 40 s", "about 4 min", "about 2 h". */
export function about(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 8) return 'a few seconds';
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10 || 10} s`;
  if (seconds < 3300) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  const hours = seconds / 3600;
  return `about ${hours < 10 ? Number(hours.toFixed(1)) : Math.round(hours)} h`;
}

/** "just now", "40 s ago", "3 min ago", "2 h ago", "5 d ago" */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** "23 Nov, 05:41", in the zone of whoever renders it: use it after hydration, or with `timeZone`. */
export const dateTime = (at: number, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(at);

/** "9f2c61d0…" */
export const shortDigest = (digest: string): string => `${digest.slice(0, 8)}…`;
