// Local settings that rounds try, as they are being typed: lists and ranges are kept while they are not asked for.
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import { settingsTried, USUAL_POPULATION } from '#lib/core/search/settings-tried.ts';
import { numbersTyped } from './console-draft-numbers.ts';
import { settingsWords } from './tuning-words.ts';

const Ranges = v.object({
  /** "0.001, 1": the lowest and the highest. */
  learningRate: v.string(),
  localEpochs: v.string(),
  batchSize: v.string(),
});
type Ranges = v.InferOutput<typeof Ranges>;
const plainRanges = (): Ranges => ({ learningRate: '0.01, 0.3', localEpochs: '', batchSize: '' });

export const DraftTuning = v.object({
  type: v.picklist(['off', 'on']),
  by: v.optional(v.picklist(['fedex', 'fedpop']), 'fedex'),
  /** "0.01, 0.1" */
  learningRates: v.string(),
  localEpochs: v.string(),
  batchSizes: v.string(),
  /** Of FedPop, like the number that follows. */
  ranges: v.optional(Ranges, plainRanges),
  population: v.optional(v.nullable(v.number()), USUAL_POPULATION),
});
export type DraftTuning = v.InferOutput<typeof DraftTuning>;

export const plainTuning = (): DraftTuning => ({
  type: 'off',
  by: 'fedex',
  learningRates: '0.01, 0.03, 0.1, 0.3',
  localEpochs: '',
  batchSizes: '',
  ranges: plainRanges(),
  population: USUAL_POPULATION,
});

type Range = { readonly least: number; readonly most: number } | undefined;
const rangeText = (range: Range): string => (range === undefined ? '' : `${range.least}, ${range.most}`);

/** Typed again from a spec. */
export function tuningFrom({ tuning }: Pick<FederationSpec, 'tuning'>): DraftTuning {
  if (tuning === undefined) return plainTuning();
  const { by } = tuning;
  return by === 'fedex'
    ? {
        ...plainTuning(),
        type: 'on',
        by,
        learningRates: tuning.learningRates.join(', '),
        localEpochs: tuning.localEpochs.join(', '),
        batchSizes: tuning.batchSizes.join(', '),
      }
    : {
        ...plainTuning(),
        type: 'on',
        by,
        ranges: {
          learningRate: rangeText(tuning.learningRate),
          localEpochs: rangeText(tuning.localEpochs),
          batchSize: rangeText(tuning.batchSize),
        },
        population: tuning.population,
      };
}

/** As the schema reads it; nothing where it is off. */
export function tuningTyped({ type, by, ranges, population, ...lists }: DraftTuning): {
  readonly tuning?: unknown;
} {
  if (type === 'off') return {};
  if (by === 'fedpop')
    return {
      tuning: {
        by,
        population,
        ...rangeTyped('learningRate', ranges),
        ...rangeTyped('localEpochs', ranges),
        ...rangeTyped('batchSize', ranges),
      },
    };
  return {
    tuning: {
      by,
      learningRates: numbersTyped(lists.learningRates),
      localEpochs: numbersTyped(lists.localEpochs),
      batchSizes: numbersTyped(lists.batchSizes),
    },
  };
}

/** Nothing where nothing was typed. */
function rangeTyped(name: keyof Ranges, ranges: Ranges): { readonly [Name in keyof Ranges]?: unknown } {
  const [least, most] = numbersTyped(ranges[name]);
  return least === undefined ? {} : { [name]: { least, most } };
}

/** What was typed for a range and is no pair of ends, by its path. */
export const rangeIssues = ({ type, by, ranges }: DraftTuning): readonly (readonly [string, string])[] =>
  type === 'off' || by === 'fedex'
    ? []
    : Object.entries(ranges).flatMap(([name, text]) => {
        const numbers = numbersTyped(text);
        return numbers.length === 0 || (numbers.length === 2 && numbers.every(Number.isFinite))
          ? []
          : [
              [
                `tuning.${name}`,
                'Two numbers are needed here, the lowest and the highest, as 1, 3.',
              ] as const,
            ];
      });

/** For a list of what was chosen. */
export function tuningWords(spec: Pick<FederationSpec, 'plan' | 'tuning'>): string {
  const { tuning } = spec;
  const tried = settingsTried(spec);
  if (tuning === undefined) return 'the same on all devices';
  if (tuning.by === 'fedex')
    return `rounds try ${tried.length}: ${tried.map((one) => settingsWords(one, tried)).join('; ')}`;
  const [lowest, highest] = [tried[0], tried.at(-1)];
  return `a population of ${tuning.population} between ${lowest === undefined || highest === undefined ? 'no ends' : `${settingsWords(lowest, tried)} and ${settingsWords(highest, tried)}`}`;
}
