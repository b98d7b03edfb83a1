// Durations and sizes as the console writes them: a clock for what ticks, words for what was chosen, and the
// amount-and-unit pair that a form field holds.
export type DurationUnit = 'seconds' | 'minutes' | 'hours';

export const durationUnits: Readonly<Record<DurationUnit, { readonly title: string; readonly ms: number }>> = {
  seconds: { title: 'seconds', ms: 1_000 },
  minutes: { title: 'minutes', ms: 60_000 },
  hours: { title: 'hours', ms: 3_600_000 },
};

/** 0:05, 3:41, 1:02:09; whole seconds, rounded down; a negative duration reads as 0:00. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** "45 s", "2 min", "1 h 30 min", "2 days 3 h": the two largest parts, rounded down; "0 s" for nothing. */
export function durationInWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), Math.floor(seconds / 86_400) === 1 ? 'day' : 'days'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** The largest unit that states `ms` with no remainder, or at least without rounding: 90 s stays 90 seconds. */
export function unitOf(ms: number): DurationUnit {
  if (ms > 0 && ms % durationUnits.hours.ms === 0) return 'hours';
  if (ms > 0 && ms % durationUnits.minutes.ms === 0) return 'minutes';
  return 'seconds';
}

/** Age in words for a moment in the past: "just now", "40 s ago", "3 min ago". */
export const ageInWords = (ms: number): string => (ms < 2_000 ? 'just now' : `${durationInWords(ms).split(' ').slice(0, 2).join(' ')} ago`);

/** 812 B, 0.8 MB, 3.2 GB: decimal units, one decimal below 10. */
export function bytesInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 1,204: grouped digits, the same on server and in the browser. */
export const grouped = (value: number): string => value.toLocaleString('en-GB', { maximumFractionDigits: 0 });

/** 23 Nov, 05:41 in the reader's own time zone. */
export const moment = (at: number): string =>
  new Date(at).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
