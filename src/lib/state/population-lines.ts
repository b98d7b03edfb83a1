// Where a population of local settings lies by version, as charts have it.
import { medianOf } from '../core/aggregation/order-statistics.ts';
import { settingsParts, type Settings } from './tuning-words.ts';

interface Line {
  readonly name: string;
  readonly role: 'other';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface Generation {
  readonly version: number;
  readonly tuning: readonly Settings[];
}

/** One for each setting that its members differ in, or ever did. */
export const populationLines = (
  generations: readonly Generation[],
): readonly { readonly title: string; readonly series: readonly Line[] }[] =>
  settingsParts
    .filter(
      ({ name }) => new Set(generations.flatMap(({ tuning }) => tuning.map((one) => one[name]))).size > 1,
    )
    .map(({ name, title }) => {
      const line = (called: string, of: (values: readonly number[]) => number): Line => ({
        name: called,
        role: 'other',
        points: generations.map(({ version, tuning }) => ({
          x: version,
          y: of(tuning.map((one) => one[name])),
        })),
      });
      return {
        title,
        series: [
          line('highest', (values) => Math.max(...values)),
          line('middle', medianOf),
          line('lowest', (values) => Math.min(...values)),
        ],
      };
    });
