// The questions that a coordinator asks with one choice: on the page of statistics, and from a terminal.
import { classLabels, textColumns, type DataContract } from '../data/contract.ts';
import type { VersionNumber } from '../ids.ts';
import { usualHashing, type Hashing } from '../recipe/hashed-terms.ts';
import { MOST_UNDER_NOISE } from './hashed-terms.ts';
import type { Figures } from './index.ts';
import { isCut, partsOf } from './parts.ts';
import { MOST_COLUMNS as MOST_SLICED, MOST_PARTS_CROSSED } from './slices.ts';
import type { Question } from './survey.ts';

/**
 * data: how rows are distributed · labels: how classes differ from device to device · rules: how well files kept the contract · version: what
 * one does on held-out rows · groups: the same by the categories of a column · slices: where it does worse · importance: which columns it
 * leans on.
 */
export const subjects = ['data', 'labels', 'rules', 'version', 'groups', 'slices', 'importance'] as const;
export type Subject = (typeof subjects)[number];

/** Columns beyond these are left out of one question: a vector is one message. */
const MOST_DISTRIBUTED = 100;
const MOST_CORRELATED = 40;
/** In the 1,800 words that 8,192 buckets leave: each number takes 17, and ten correlated ones some hundreds. */
const FEW_DISTRIBUTED = 40;
const FEW_CORRELATED = 10;
/** Of all texts together. */
const MOST_BUCKETS = 4096;

const columnsIn = (contract: DataContract, type: 'number' | 'category'): string[] =>
  contract.kind === 'table'
    ? contract.columns.filter((column) => column.type === type).map((column) => column.name)
    : [];

const countedColumns = (contract: DataContract): string[] =>
  contract.kind === 'table' ? contract.columns.filter(isCut).map((column) => column.name) : [];

/** Columns by whose categories groups can be told apart; none where the target is a number. */
export const groupColumns = (contract: DataContract): string[] =>
  classLabels(contract) === undefined ? [] : columnsIn(contract, 'category');

const slicedColumns = (contract: DataContract) =>
  contract.kind === 'table' ? contract.columns.filter(isCut).slice(0, MOST_SLICED) : [];

/** Columns whose parts may be crossed with those of others. */
export const crossableColumns = (contract: DataContract): string[] =>
  slicedColumns(contract)
    .filter((column) => partsOf(column).length <= MOST_PARTS_CROSSED)
    .map(({ name }) => name);

const OF_ROWS: readonly Figures['statistic'][] = ['moments', 'distributions', 'hashed-terms'];

/** Whether a survey told how rows are: a recipe can be fitted to it. */
export const tellsOfRows = (figures: readonly Figures[] | null): boolean =>
  figures?.some(({ statistic }) => OF_ROWS.includes(statistic)) === true;

const OF_CONTRACT: readonly Figures['statistic'][] = ['distributions', 'moments', 'contract-rules'];

/** Whether it told what a data contract could be made of (contract-proposals.ts). */
export const suggestsContract = (figures: readonly Figures[] | null): boolean =>
  figures?.some(({ statistic }) => OF_CONTRACT.includes(statistic)) === true;

export interface Details {
  readonly version: VersionNumber;
  /** groups: by its categories. */
  readonly column: string;
  /** slices: those of which each is crossed with each other; none, or two and more. */
  readonly crossed?: readonly string[];
  /** data: under noise a row counts in few buckets of its texts, and moves little. */
  readonly isNoisy?: boolean;
  /** data: how terms of texts are hashed, where not as usual. */
  readonly hashing?: Hashing | undefined;
}

export function questionOf(
  subject: Subject,
  contract: DataContract,
  { version, column, crossed = [], isNoisy = false, hashing = usualHashing }: Details,
): Question {
  switch (subject) {
    case 'data': {
      const texts = textColumns(contract).slice(0, Math.max(1, Math.floor(MOST_BUCKETS / hashing.buckets)));
      const { of, longest, buckets } = hashing;
      // Beside many buckets there is room for less.
      const isFull = texts.length * buckets > MOST_BUCKETS;
      const columns = countedColumns(contract).slice(0, isFull ? FEW_DISTRIBUTED : MOST_DISTRIBUTED);
      const numbers = columnsIn(contract, 'number').slice(0, isFull ? FEW_CORRELATED : MOST_CORRELATED);
      return [
        { statistic: 'target' },
        ...(columns.length === 0 ? [] : [{ statistic: 'distributions', columns, bins: 16 } as const]),
        ...(numbers.length === 0 ? [] : [{ statistic: 'moments', columns: numbers } as const]),
        ...(texts.length === 0
          ? []
          : [
              {
                statistic: 'hashed-terms',
                columns: texts,
                of,
                longest,
                buckets,
                ...(isNoisy ? { most: MOST_UNDER_NOISE } : {}),
              } as const,
            ]),
      ];
    }
    case 'labels':
      return [
        { statistic: 'target' },
        ...(classLabels(contract) === undefined ? [] : [{ statistic: 'labels' } as const]),
      ];
    case 'version':
      return [
        { statistic: 'evaluation', version },
        ...(classLabels(contract) === undefined ? [] : [{ statistic: 'accuracies', version } as const]),
      ];
    case 'rules':
      return [{ statistic: 'contract-rules' }];
    case 'slices': {
      const columns = slicedColumns(contract).map(({ name }) => name);
      return [
        { statistic: 'slices', version, columns, ...(crossed.length === 0 ? {} : { crossed: [...crossed] }) },
      ];
    }
    case 'importance':
      return [{ statistic: 'importance', version }];
    case 'groups':
      return [{ statistic: 'groups', version, column }];
    default:
      return subject satisfies never;
  }
}
