// A version as a file that other tools open: a zip of TF.js model.json with its weights, or safetensors.
import { strToU8, zipSync } from 'fflate';
import * as v from 'valibot';
import { VersionNumber, type FederationId } from '#lib/core/ids.ts';
import { writeLayersModel } from '#lib/core/model/keras.ts';
import { buildNetwork } from '#lib/core/model/network.ts';
import { writeSafetensors } from '#lib/core/model/safetensors.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { readParameters } from '../coordinator/folding.ts';
import type { Blobs } from '../ports/blobs.ts';
import { damagedVersion, refusal, type Reply } from './reply.ts';

const Format = v.picklist(['tfjs', 'safetensors']);

export async function exportVersion(
  coordinator: Coordinator,
  blobs: Blobs,
  id: FederationId,
  version: string,
  query: URLSearchParams,
): Promise<Reply> {
  const number = v.safeParse(VersionNumber, /^\d+$/.test(version) ? Number(version) : undefined);
  const view = number.success
    ? coordinator.versions(id)?.find((one) => one.version === number.output)
    : undefined;
  const spec = coordinator.view(id)?.spec;
  if (view === undefined || spec === undefined)
    return refusal(404, 'unknown-version', `There is no version ${version}.`);
  if (view.damaged) return damagedVersion();
  const asked = v.safeParse(Format, query.get('format') ?? 'tfjs');
  if (!asked.success) return refusal(400, 'unknown-format', 'Ask for format=tfjs or format=safetensors.');
  const built = buildNetwork(spec.network);
  if (!built.ok) throw new Error(`The model of ${id} cannot be built any more: ${built.error.message}`);
  const parameters = await readParameters(blobs, view.digest, built.value.parameterCount);
  const name = `${id}-v${view.version}`;
  const format = asked.output;
  switch (format) {
    case 'safetensors':
      return file(
        `${name}.safetensors`,
        'application/octet-stream',
        writeSafetensors(built.value, parameters, {
          federation: id,
          version: String(view.version),
          digest: view.digest,
        }),
      );
    case 'tfjs': {
      const { modelJson, weightsPath, weights } = writeLayersModel(built.value, parameters, name);
      // Weights do not compress: stored as they are, the zip costs no time.
      const zip = zipSync({ 'model.json': strToU8(modelJson), [weightsPath]: weights }, { level: 0 });
      return file(`${name}-tfjs.zip`, 'application/zip', zip);
    }
    default:
      return format satisfies never;
  }
}

const file = (name: string, type: string, body: Uint8Array): Reply => ({
  status: 200,
  headers: {
    'content-type': type,
    'content-disposition': `attachment; filename="${name}"`,
    // A version never changes, but a draft's version 0 may be made anew.
    'cache-control': 'no-cache',
  },
  body,
});
