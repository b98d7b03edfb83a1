// The model of a federation in words and bytes, whichever kind it is: a network that devices train, or one learnt from sums.
import { augmentationWords } from '#lib/core/augmentation-words.ts';
import type { FederatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec, TransferRules } from '#lib/core/federation.ts';
import { secureSumWords } from './console-draft-secure.ts';
import { statisticsWords } from './console-draft-statistics.ts';
import { tuningWords } from './console-draft-tuning.ts';
import { familyNamed } from '#lib/core/model/families/index.ts';
import { optimizerWords } from '#lib/core/model/optimizer-kinds.ts';
import { summedFamilyNamed } from '#lib/core/summed-models.ts';
import {
  personalWords,
  planWords,
  sharedParameters,
  strategyWords,
  transferWords,
  wireCosts,
  type WireCost,
  type WireCosts,
} from './console-draft-strategy.ts';
import { bytes } from './format.ts';
import { privacyWords } from './privacy-words.ts';

export const modelTitle = (family: FederationSpec['family']): string =>
  familyNamed(family)?.title ?? summedFamilyNamed(family)?.title ?? 'Imported topology';

/** What a round takes on the wire; undefined where the strategy or a codec is none that is known. */
export function modelCosts(
  model: FederatedModel,
  {
    personalisation,
    strategy,
    transfer,
  }: {
    readonly personalisation: Parameters<typeof sharedParameters>[1];
    readonly strategy: { readonly name: string };
    readonly transfer: TransferRules;
  },
): WireCosts | undefined {
  if (model.type === 'network')
    return wireCosts(sharedParameters(model.network, personalisation), strategy, transfer);
  const cost = (values: number): WireCost => ({
    bytes: 4 * values,
    exactBytes: 4 * values,
    bitsPerParameter: (32 * values) / model.parameterCount,
    title: 'Exact',
  });
  return { up: cost(model.sums.updateLength), down: cost(model.parameterCount) };
}

interface Row {
  readonly name: string;
  readonly value: string;
}

const epochs = (count: number): string => `${count} local ${count === 1 ? 'epoch' : 'epochs'}`;

function planSentence({
  localEpochs,
  batchSize,
  optimizer,
  learningRate,
  proximalTerm,
  augmentation,
}: FederationSpec['plan']): string {
  const proximal = proximalTerm > 0 ? `, proximal term ${proximalTerm}` : '';
  const varied = augmentation === undefined ? '' : `; pictures varied: ${augmentationWords(augmentation)}`;
  return `${epochs(localEpochs)}, batches of ${batchSize}, ${optimizerWords(optimizer)} at ${learningRate}${proximal}${varied}`;
}

/** How the model is learnt: what devices do, what is made of it, and what crosses the wire. */
export function learningRows(spec: FederationSpec, costs: WireCosts | undefined): readonly Row[] {
  if ('network' in spec)
    return [
      { name: 'Training', value: planSentence(spec.plan) },
      { name: 'Local settings', value: tuningWords(spec) },
      { name: 'Strategy', value: strategyWords(spec.strategy) },
      { name: 'On the wire', value: transferWords(spec.transfer, costs) },
      { name: 'For each device', value: personalWords(spec.personalisation) },
      { name: 'Privacy', value: privacyWords(spec.privacy) },
      { name: 'The server', value: secureSumWords(spec.secureSum) },
      { name: 'Statistics', value: statisticsWords(spec.statistics) },
    ];
  return [
    { name: 'In a round', value: 'each device adds up its own rows, in whole numbers' },
    { name: 'Strategy', value: 'exact sums: where all take part, the model of pooled rows' },
    {
      name: 'On the wire',
      value:
        costs === undefined
          ? 'exactly'
          : `up ${bytes(costs.up.bytes)}; down ${bytes(costs.down.bytes)}, exactly`,
    },
    { name: 'Statistics', value: statisticsWords(spec.statistics) },
  ];
}

/** "FedYogi · eden:3 up, eden:4 down", or "Boosted trees · exact sums": for a head. */
export const learningWords = (spec: FederationSpec): string =>
  'network' in spec ? planWords(spec.strategy, spec.transfer) : `${modelTitle(spec.family)} · exact sums`;
