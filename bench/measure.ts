// What benchmarks share: the time of a piece of work when nothing else disturbs it.

/** The fastest of many. Milliseconds. */
export function fastest(runs: number, work: () => void): number {
  let best = Infinity;
  for (let i = 0; i < runs; i += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

export async function fastestAsync(runs: number, work: () => Promise<void>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < runs; i += 1) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));
