// The layers that a device keeps for itself under FedPer (Arivazhagan, Aggarwal, Singh, Choudhary 2019, "Federated Learning with
// Personalization Layers", arXiv 1912.00818, §3): the last ones with parameters, which lie at the end of the flat buffer.
import type { Network } from './network.ts';

/** Parameters before the last `layers` layers that have any: what is shared. 0 where nothing would be. */
export function sharedLength(network: Network, layers: number): number {
  const trained = network.layers.flatMap((layer) => layer.kernel ?? []);
  return trained[trained.length - layers]?.offset ?? 0;
}

/** A copy of `parameters` [P] that ends in `head`; without a head of the right length, a plain copy. */
export function withHead(
  parameters: Float32Array,
  shared: number,
  head: Float32Array | undefined,
): Float32Array<ArrayBuffer> {
  const made = Float32Array.from(parameters);
  if (head?.length === made.length - shared) made.set(head, shared);
  return made;
}
