// Whether a few rows have higher values than others, by Welch's test: Student's t where the two vary differently.
import { studentTail } from './student.ts';

/** Welch's, Student's t with his degrees of freedom. A few rows alike by luck are not sure: none varies less than the others do. */
export function welchTest(
  difference: number,
  [ownVariance, ownCount]: readonly [number, number],
  [otherVariance, otherCount]: readonly [number, number],
): { readonly t: number; readonly chance: number } {
  const own = Math.max(ownVariance, otherVariance) / ownCount;
  const other = otherVariance / otherCount;
  const error = Math.sqrt(own + other);
  if (error === 0) return { t: Infinity, chance: 0 };
  const freedom = (own + other) ** 2 / (own ** 2 / (ownCount - 1) + other ** 2 / Math.max(1, otherCount - 1));
  return { t: difference / error, chance: studentTail(difference / error, freedom) };
}
