// How figures, differences and verdicts of a comparison are written.
import type { ComparedFigure, Interval } from '#lib/state/console-comparison.ts';
import { number, percent } from '#lib/state/format.ts';

export const verdictMarks: Readonly<
  Record<ComparedFigure['verdict'], { readonly glyph: string; readonly words: string }>
> = {
  better: { glyph: '▲', words: 'better' },
  worse: { glyph: '▼', words: 'worse' },
  unclear: { glyph: '≈', words: 'cannot be told apart' },
  unknown: { glyph: '', words: 'no interval' },
};

export const figureText = (value: number | undefined, isShare: boolean): string =>
  value === undefined ? '–' : isShare ? percent(value) : number(value);

const signed = (value: number, isShare: boolean): string => {
  const text = isShare ? Math.abs(value * 100).toFixed(1) : number(Math.abs(value));
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${text}`;
};

/** "+0.6 (−0.4…1.5)" in points of a share, or in the figure's own unit. */
export function intervalText(
  difference: number | undefined,
  interval: Interval | undefined,
  isShare: boolean,
): string {
  if (difference === undefined) return '–';
  const middle = signed(difference, isShare);
  return interval === undefined
    ? middle
    : `${middle} (${signed(interval.low, isShare)} … ${signed(interval.high, isShare)})`;
}
