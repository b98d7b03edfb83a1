// What of a model is each device's own, under the ways of personalisation that divide it: the rest is shared. The own part of an
// update is zeros, and no version moves there.
// FedPer (Arivazhagan, Aggarwal, Singh, Choudhary 2019, "Federated Learning with Personalization Layers", arXiv 1912.00818, §3): the
// last layers, which lie at the end of the flat buffer. FedBN (Li, Jiang, Zhang, Kamp, Dou 2021, "FedBN: Federated Learning on
// Non-IID Features via Local Batch Normalization", arXiv 2102.07623, algorithm 1): every normalisation layer, statistics included.
import type { Network } from './network.ts';
import { lengthOf, rangesOf, type Range } from './ranges.ts';

/** How a model is divided; the shape of core/federation.ts, which also has ways that divide nothing. */
export type Division =
  | { readonly type: 'fedper'; readonly layers: number }
  | { readonly type: 'fedbn' }
  | { readonly type: 'none' | 'ditto' | 'finetune' };

/** The layers that have a matrix: what FedPer counts. A normalisation belongs to the one before it. */
export const weighedLayers = (network: Network): Network['layers'] =>
  network.layers.filter(({ slots }) => slots.some(({ role }) => role === 'kernel' || role === 'embedding'));

/** Parameters before the last `layers` layers that have a matrix: what is shared. 0 where nothing would be. */
export function sharedLength(network: Network, layers: number): number {
  return weighedLayers(network).at(-layers)?.slots[0]?.offset ?? 0;
}

/** Where the own part lies; empty where all is shared. */
export function ownPart(network: Network, division: Division): readonly Range[] {
  switch (division.type) {
    case 'fedper':
      return [{ from: sharedLength(network, division.layers), to: network.parameterCount }];
    case 'fedbn':
      return rangesOf(network.slots.filter((slot) => slot.layer === 'normalisation'));
    case 'none':
    case 'ditto':
    case 'finetune':
      return [];
    default:
      return division satisfies never;
  }
}

/** Parameters that all devices share. */
export const sharedCount = (network: Network, division: Division): number =>
  network.parameterCount - lengthOf(ownPart(network, division));

/** Whether a device has a part of the model of its own. */
export const hasOwnPart = ({ type }: Pick<Division, 'type'>): boolean =>
  type === 'fedper' || type === 'fedbn';
