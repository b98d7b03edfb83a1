// A network that somebody sees by, whole and as far as it is taken: as it was brought, or read of the model of a kept run.
import type { Frozen } from '../core/model/backbone.ts';
import { beforeAnswer } from '../core/model/embedding.ts';
import { buildNetwork, type Network } from '../core/model/network.ts';
import { readModelFile } from '../participant/workbench/model-file.ts';
import type { RunStore } from '../participant/workbench/run-record.ts';
import { Unusable } from './bench-data-opened.ts';
import type { NetworkSource } from './bench-messages.ts';

/** Rejects with Unusable, and with what the store rejects with. */
export async function foundNetwork(
  by: NetworkSource,
  runs: Pick<RunStore, 'model'>,
): Promise<{ readonly network: Network; readonly frozen: Frozen }> {
  if (by.type === 'brought') {
    const built = buildNetwork(by.spec);
    if (!built.ok) throw new Unusable(built.error.message);
    return { network: built.value, frozen: by.frozen };
  }
  const file = await runs.model(by.run);
  if (file === undefined)
    throw new Unusable('The network of this run is not in this browser any more. Choose another.');
  const opened = readModelFile(new TextDecoder().decode(file));
  if (!opened.ok) throw new Unusable(opened.error);
  const { chosen, contract, predictor } = opened.value;
  const [parameters] = predictor.learnt;
  if (chosen.model.type !== 'network' || !(parameters instanceof Float32Array))
    throw new Unusable('The model of this run is no network.');
  const network = chosen.model.network(contract, chosen.options);
  const frozen = beforeAnswer(network, parameters);
  if (frozen === undefined)
    throw new Unusable('This network has one layer, which answers: it sees what the pixels say.');
  return { network, frozen };
}
