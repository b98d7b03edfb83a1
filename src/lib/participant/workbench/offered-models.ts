// What a form needs to know of the models that suit some rows: their settings, what a search varies of them, how large they are, and
// whether devices could learn them together.
import { augmentationOptions } from '../../core/augmentation-settings.ts';
import type { DataContract, PlaneContract } from '../../core/data/contract.ts';
import { embeddedContract } from '../../core/model/embedding.ts';
import type { NumberOption } from '../../core/named-options.ts';
import type { Space } from '../../core/search/space.ts';
import { isTriedAsUsual } from './auto.ts';
import { benchModels, chosenWith, ownLayersOffer, unsuitedFor, type BenchModel } from './models.ts';
import { spaceOf } from './spaces.ts';

export interface OfferedModel {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly options: readonly NumberOption[];
  /** Names of those that vary pictures. */
  readonly variations: readonly string[];
  /** Learns step by step, so that it can be asked to learn one batch by heart. */
  readonly isNetwork: boolean;
  /** What a search varies of it, where nobody says otherwise. */
  readonly space: Space;
  /** Whether a search tries it, where nobody says otherwise; null: no search can. */
  readonly isTried: boolean | null;
  /** Of the network with its usual settings, four bytes each; null: it grows with the rows. */
  readonly parameters: number | null;
  /** How devices learn it together, or why they do not, in a sentence. */
  readonly federates: string;
}

/** Those that suit rows of this contract, and layers of one's own. */
export const offeredModels = (contract: DataContract): readonly OfferedModel[] => [
  ...suiting(contract),
  {
    ...ownLayersOffer,
    variations: [],
    isNetwork: true,
    space: [],
    isTried: null,
    parameters: null,
    federates: AVERAGED,
  },
];

/** Those that learn from what a network sees of such examples, whichever it is. */
export const offeredOnNetwork = (contract: Pick<PlaneContract, 'classes'>): readonly OfferedModel[] =>
  suiting(embeddedContract(1, contract))
    .filter(({ isNetwork }) => !isNetwork)
    .map((offered) => ({
      ...offered,
      isTried: null,
      federates: 'For one device: what it stands on is not there in rounds.',
    }));

/** A line, as Donahue et al. (2014, “DeCAF”) took: quick, and hard to beat on what a good network sees. */
export const USUAL_ON_NETWORK = 'logistic';

const suiting = (contract: DataContract): readonly OfferedModel[] =>
  benchModels
    .filter((model) => unsuitedFor({ model, options: {} }, contract) === undefined)
    .map((model) => ({
      name: model.name,
      title: model.title,
      description: model.description,
      options: model.options,
      variations: augmentationOptions.filter((one) => model.options.includes(one)).map((one) => one.name),
      isNetwork: model.type === 'network',
      space: spaceOf(model.name),
      isTried: isBaseline(model.name) ? null : isTriedAsUsual(model.name),
      parameters:
        model.type === 'network'
          ? model.network(contract, chosenWith(model, {}).options).parameterCount
          : null,
      federates: federates(model),
    }));

const AVERAGED = 'Devices learn it together by averaging what each has learnt, in rounds.';

/** They are fitted with every run, and are no answer of a search. */
const baselines: readonly string[] = ['constant', 'persistence', 'seasonal-naive', 'rule'];
const isBaseline = (name: string): boolean => baselines.includes(name);

function federates({ name, type }: BenchModel): string {
  if (type === 'network') return AVERAGED;
  switch (name) {
    case 'linear':
      return 'Devices learn it together as “linear regression”: averaged in rounds, not solved at once.';
    case 'logistic':
      return 'Devices learn it together as “softmax regression”: averaged in rounds, not solved at once.';
    case 'boosted-trees':
      return 'Devices grow it together from sums alone: the trees are those of all rows in one place.';
    case 'tree':
    case 'forest':
      return 'For one device: trees of several do not average. Boosted trees are grown together.';
    case 'k-nn':
      return 'For one device: what it remembers are the rows, and those stay.';
    default:
      return 'A baseline, fitted with every run.';
  }
}
