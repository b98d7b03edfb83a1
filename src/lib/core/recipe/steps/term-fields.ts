// What every step that makes terms of texts can be set to: how a text is cut, and how its terms weigh.
import { SHORTEST_RUN } from '../terms-of.ts';

export const longestField = (usual: number) =>
  ({
    type: 'number',
    title: 'Words in a row, or letters of a run, at most',
    minimum: 1,
    maximum: 8,
    isWhole: true,
    default: usual,
  }) as const;

export const weightFields = {
  sublinear: { type: 'flag', title: '1 + ln(times) in the place of times', default: true },
  length: {
    type: 'number',
    title: 'Length of a text: its square is as many numbers of one standard deviation',
    minimum: 0.01,
    maximum: 1000,
    default: 8,
  },
} as const;

export const cutProblem = ({
  of,
  longest,
}: {
  readonly of: string;
  readonly longest: number;
}): string | undefined =>
  of === 'letters' && longest < SHORTEST_RUN
    ? `“longest” needs ${SHORTEST_RUN} or more where terms are letters: shorter runs say nothing.`
    : undefined;
