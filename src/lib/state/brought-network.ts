// A network that somebody brings along in files, as far as the layer that is taken.
import type { Frozen } from '../core/model/backbone.ts';
import type { Network } from '../core/model/network.ts';

export interface BroughtNetwork {
  /** Of its file. */
  readonly name: string;
  /** All of it. */
  readonly network: Network;
  readonly frozen: Frozen;
}
