// A network that somebody chose to see by: brought along in files as far as one of its layers, or that of a kept run.
import type { Frozen } from '../core/model/backbone.ts';
import type { Network } from '../core/model/network.ts';
import type { NetworkSource } from '../workers/bench-messages.ts';

export interface BroughtNetwork {
  /** Of its file. */
  readonly name: string;
  /** All of it. */
  readonly network: Network;
  readonly frozen: Frozen;
}

export interface NamedNetwork {
  readonly by: NetworkSource;
  /** In a sentence. */
  readonly name: string;
}
