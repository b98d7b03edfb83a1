// Durations that a coordinator chooses: in words, and as the amount and unit that a form field holds. What ticks or is
// measured is written by format.ts.
import { clock } from './clock-text.ts';

export type DurationUnit = 'seconds' | 'minutes' | 'hours';

export const durationUnits: Readonly<Record<DurationUnit, { readonly title: string; readonly ms: number }>> =
  {
    seconds: { title: 'seconds', ms: 1_000 },
    minutes: { title: 'minutes', ms: 60_000 },
    hours: { title: 'hours', ms: 3_600_000 },
  };

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

/** How long something took: "0.4 s" below ten seconds, else a clock. */
export const took = (ms: number): string =>
  ms < 9_950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : clock(ms);
