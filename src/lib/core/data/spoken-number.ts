// An encoded number as a person reads it.
import type { TableColumn } from './contract.ts';
import { DAY_MS, isoText } from './iso-time.ts';

type Scaled = Pick<Extract<TableColumn, { type: 'number' }>, 'mean' | 'standardDeviation' | 'reads'>;

/**
 * In the column's own units, a time to its minute. No finer than a ten-thousandth of the spread (encoded values are f32, and 0 comes
 * back as 10⁻⁸), and never coarser: fewer digits would move a border, 2014.5 to 2015.
 */
export function spokenNumber({ mean, standardDeviation, reads }: Scaled, encoded: number): string {
  const value = encoded * standardDeviation + mean;
  if (reads === 'time') return isoText(Math.round((value * DAY_MS) / 60_000) * 60_000);
  const finest = 10 ** Math.floor(Math.log10(standardDeviation / 10_000));
  return String(Number((Math.round(value / finest) * finest).toPrecision(12)));
}
