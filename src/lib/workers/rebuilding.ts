// The preview of what could be rebuilt from an update, as the device worker answers it; loaded when somebody asks.
import { participantIdOf } from '../core/digest.ts';
import { buildNetwork } from '../core/model/network.ts';
import { createEngine } from '../participant/engine.ts';
import { preparedOwnRows, readOwnRows, sameContract } from '../participant/own-rows.ts';
import { parametersOf } from '../participant/parameter-source.ts';
import {
  previewRebuilding,
  PreviewFailed,
  type RebuildPreview,
  type SettingName,
} from '../participant/rebuild-preview.ts';
import type { DeviceParts } from './device.ts';
import type { DeviceRequests } from './device-messages.ts';
import { Refusal } from './refusal.ts';

/** Rejects with Refusal, LinkLost, TrainerFailure, or the signal's reason. */
export async function answerPreview(
  { federation, spec, digest, bytes, dataset }: DeviceRequests['preview-rebuilding']['request'],
  { store, datasets, link, engines, clock }: DeviceParts,
  signal: AbortSignal,
  onProgress: (fraction: number, setting: SettingName) => void,
): Promise<RebuildPreview> {
  const asRead = await readOwnRows(datasets, dataset);
  if (asRead === undefined || !sameContract(asRead.contract, spec.contract) || asRead.training.count === 0)
    throw new Refusal(
      'unknown-dataset',
      'This data cannot be trained on for this federation. Choose data again.',
    );
  const prepared = await preparedOwnRows(asRead, spec);
  if (!prepared.ok) throw new Refusal('wrong-recipe', prepared.error);
  const { rows } = prepared.value;
  const network = buildNetwork(spec.network);
  if (!network.ok) throw new Refusal('wrong-network', network.error.message);
  const base = await parametersOf({ federation: null, store, link }, { digest, bytes }, { signal });
  signal.throwIfAborted();
  const choice = await engines.choose(network.value, spec.plan.batchSize, null);
  const engine = createEngine(choice, engines.create);
  try {
    const participant = participantIdOf((await store.identity()).publicKey);
    return await previewRebuilding(
      { federation, participant, spec, network: network.value, base, rows },
      { engine, clock, signal, onProgress },
    );
  } catch (failure) {
    if (failure instanceof PreviewFailed) throw new Refusal('diverged', failure.message, { cause: failure });
    throw failure;
  } finally {
    engine.dispose();
  }
}
