/** Of a class by its place among those that a judge named; −1: of none of them. The eighth begins anew, and is told apart otherwise. */
export const classColour = (at: number): string =>
  at < 0 ? 'var(--ink-3)' : `var(--series-${(at % 7) + 1})`;
