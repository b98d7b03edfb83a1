// Every statistic that can be asked for. One more is one file beside this one and its lines here.
import * as v from 'valibot';
import type { DataContract } from '../data/contract.ts';
import * as accuracies from './accuracies.ts';
import * as contractRules from './contract-rules.ts';
import * as distributions from './distributions.ts';
import * as evaluation from './evaluation.ts';
import * as groups from './groups.ts';
import * as hashedTerms from './hashed-terms.ts';
import * as labels from './labels.ts';
import * as importance from './importance.ts';
import * as moments from './moments.ts';
import * as slices from './slices.ts';
import type { Measured, Shape, Statistic, Total } from './statistic.ts';
import * as target from './target.ts';

export const Asked = v.variant('statistic', [
  target.Asked,
  distributions.Asked,
  moments.Asked,
  evaluation.Asked,
  accuracies.Asked,
  groups.Asked,
  labels.Asked,
  slices.Asked,
  importance.Asked,
  contractRules.Asked,
  hashedTerms.Asked,
]);
export type Asked = v.InferOutput<typeof Asked>;

export const Figures = v.variant('statistic', [
  target.Figures,
  distributions.Figures,
  moments.Figures,
  evaluation.Figures,
  accuracies.Figures,
  groups.Figures,
  labels.Figures,
  slices.Figures,
  importance.Figures,
  contractRules.Figures,
  hashedTerms.Figures,
]);
export type Figures = v.InferOutput<typeof Figures>;

/** A statistic as it was asked for. */
export interface AskedStatistic extends Pick<Statistic<Asked, Figures>, 'name' | 'title' | 'per' | 'of'> {
  check(contract: DataContract): string | undefined;
  shape(contract: DataContract): Shape;
  measure(measured: Measured): Float64Array<ArrayBuffer>;
  read(contract: DataContract, total: Total): Figures;
}

export function askedStatistic(asked: Asked): AskedStatistic {
  switch (asked.statistic) {
    case 'target':
      return bound(target.statistic, asked);
    case 'distributions':
      return bound(distributions.statistic, asked);
    case 'moments':
      return bound(moments.statistic, asked);
    case 'evaluation':
      return bound(evaluation.statistic, asked);
    case 'accuracies':
      return bound(accuracies.statistic, asked);
    case 'groups':
      return bound(groups.statistic, asked);
    case 'labels':
      return bound(labels.statistic, asked);
    case 'slices':
      return bound(slices.statistic, asked);
    case 'importance':
      return bound(importance.statistic, asked);
    case 'contract-rules':
      return bound(contractRules.statistic, asked);
    case 'hashed-terms':
      return bound(hashedTerms.statistic, asked);
    default:
      return asked satisfies never;
  }
}

const bound = <A extends Asked, F extends Figures>(
  { name, title, per, of, check, shape, measure, read }: Statistic<A, F>,
  asked: A,
): AskedStatistic => ({
  name,
  title,
  per,
  of,
  check: (contract) => check(asked, contract),
  shape: (contract) => shape(asked, contract),
  measure: (measured) => measure(asked, measured),
  read: (contract, total) => read(asked, contract, total),
});
