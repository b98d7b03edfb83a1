// A version as a file that other tools open. A network: a zip of TF.js model.json with its weights, or safetensors; in both the
// parameters lie as they do in the store, so that they are sent from there as they are read, and memory holds a piece of them.
// Trees and clusters: JSON.
import { createHash } from 'node:crypto';
import { strToU8, Zip, ZipPassThrough } from 'fflate';
import * as v from 'valibot';
import type { ModelProblem } from '#lib/core/aggregation/summed-model.ts';
import { writeClusters } from '#lib/core/clustering/clusters-json.ts';
import { clusters } from '#lib/core/clustering/clusters.ts';
import type { NetworkFederation, SummedFederation } from '#lib/core/federation.ts';
import { VersionNumber, type Digest, type FederationId } from '#lib/core/ids.ts';
import { layersModelJson, layersModelRefusal } from '#lib/core/model/keras.ts';
import { buildNetwork } from '#lib/core/model/network.ts';
import { safetensorsHeader } from '#lib/core/model/safetensors.ts';
import type { Result } from '#lib/core/result.ts';
import { boostedTrees } from '#lib/core/trees/boosted-trees.ts';
import { writeEnsemble } from '#lib/core/trees/ensemble-json.ts';
import type { VersionView } from '#lib/protocol/views.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { BlobDamaged, readParameters } from '../coordinator/stored-updates.ts';
import type { Blobs } from '../ports/blobs.ts';
import { busy, damagedVersion, missingBytes, refusal, type Reply } from './reply.ts';

const Format = v.picklist(['tfjs', 'safetensors']);

/** Exports in flight at one time. Each reads a file and sums it: anybody may ask, and rounds go first. */
export const MOST_EXPORTS = 8;

export interface Places {
  /** Takes a place, and returns how it is given back; undefined where all are taken. */
  take(): (() => void) | undefined;
}
export function places(most: number): Places {
  let taken = 0;
  return {
    take() {
      if (taken >= most) return undefined;
      taken += 1;
      let isMine = true;
      return () => {
        if (isMine) taken -= 1;
        isMine = false;
      };
    },
  };
}

export async function exportVersion(
  coordinator: Coordinator,
  blobs: Blobs,
  exports: Places,
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
  if (!('network' in spec))
    return (query.get('format') ?? 'json') === 'json'
      ? exportSums(blobs, exports, id, view, spec)
      : refusal(400, 'unknown-format', 'This model is no network: ask for format=json.');
  const asked = v.safeParse(Format, query.get('format') ?? 'tfjs');
  if (!asked.success) return refusal(400, 'unknown-format', 'Ask for format=tfjs or format=safetensors.');
  const built = buildNetwork(spec.network);
  if (!built.ok) throw new Error(`The model of ${id} cannot be built any more: ${built.error.message}`);
  const unwritable = asked.output === 'tfjs' ? layersModelRefusal(built.value) : undefined;
  if (unwritable !== undefined) return refusal(400, 'unknown-format', unwritable);
  if ((await blobs.size(view.digest)) !== view.bytes) return missingBytes();
  const closed = exports.take();
  if (closed === undefined) return busy(TOO_MANY);
  const name = `${id}-v${view.version}`;
  const parameters = (): AsyncIterable<Uint8Array<ArrayBuffer>> => checked(blobs, view.digest, view.bytes);
  const format = asked.output;
  switch (format) {
    case 'safetensors': {
      const header = safetensorsHeader(built.value, {
        federation: id,
        version: String(view.version),
        digest: view.digest,
        ...(spec.recipe === undefined ? {} : { recipe: spec.recipe.digest }),
      });
      const file = async function* (): AsyncIterable<Uint8Array> {
        yield header;
        yield* parameters();
      };
      const length = { 'content-length': String(header.length + view.bytes) };
      return {
        ...fileReply(`${name}.safetensors`, 'application/octet-stream', length),
        body: file(),
        closed,
      };
    }
    case 'tfjs': {
      const { modelJson, weightsPath } = layersModelJson(built.value, name);
      const file = zipped(modelJson, preparationFile(spec), weightsPath, parameters());
      return { ...fileReply(`${name}-tfjs.zip`, 'application/zip'), body: file, closed };
    }
    default:
      return format satisfies never;
  }
}

const TOO_MANY = 'The server is exporting as many models as it can at one time.';

/** At most a few megabytes of text, made in one go. */
async function exportSums(
  blobs: Blobs,
  exports: Places,
  id: FederationId,
  { digest, bytes, version }: VersionView,
  spec: SummedFederation,
): Promise<Reply> {
  if ((await blobs.size(digest)) !== bytes) return missingBytes();
  const closed = exports.take();
  if (closed === undefined) return busy(TOO_MANY);
  try {
    const parameters = await readParameters(blobs, digest, bytes / 4);
    const text = textOf(spec, parameters);
    if (!text.ok) return refusal(409, 'not-yet', text.error.message);
    return { ...fileReply(`${id}-v${version}.json`, 'application/json'), body: text.value };
  } catch (error) {
    if (error instanceof BlobDamaged) return damagedVersion();
    throw error;
  } finally {
    closed();
  }
}

function textOf(spec: SummedFederation, parameters: Float32Array): Result<string, ModelProblem> {
  const { contract } = spec;
  if (spec.family === 'k-means') {
    const model = clusters(spec.clusters, contract);
    return model.ok ? writeClusters(model.value, contract, parameters) : model;
  }
  const trees = boostedTrees(spec.trees, contract);
  if (!trees.ok || contract.kind !== 'table') throw new Error('Trees of no table were let in.');
  return writeEnsemble(trees.value, contract, parameters);
}

/**
 * The bytes of a version as they are read. The last piece is held back until all are what the digest says: a damaged file is
 * cut off, and cannot be taken for whole.
 */
async function* checked(blobs: Blobs, digest: Digest, bytes: number): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const hash = createHash('sha256');
  let held: Uint8Array<ArrayBuffer> | undefined;
  for await (const piece of await blobs.stream(digest, 0, bytes)) {
    hash.update(piece);
    if (held !== undefined) yield held;
    held = new Uint8Array(piece);
  }
  if (hash.digest('hex') !== digest) throw new BlobDamaged(digest);
  if (held !== undefined) yield held;
}

/** Weights do not compress: they are stored as they are, each file with its checksum behind it (APPNOTE.TXT, §4.3.9). */
async function* zipped(
  modelJson: string,
  preparation: string | undefined,
  weightsPath: string,
  weights: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncIterable<Uint8Array> {
  const made: Uint8Array[] = [];
  const zip = new Zip((error, part) => {
    if (error !== null) throw error;
    made.push(part);
  });
  const model = new ZipPassThrough('model.json');
  zip.add(model);
  model.push(strToU8(modelJson), true);
  if (preparation !== undefined) {
    const file = new ZipPassThrough('preparation.json');
    zip.add(file);
    file.push(strToU8(preparation), true);
  }
  const file = new ZipPassThrough(weightsPath);
  zip.add(file);
  for await (const piece of weights) {
    file.push(piece, false);
    yield* made.splice(0);
  }
  file.push(new Uint8Array(0), true);
  zip.end();
  yield* made.splice(0);
}

/** What rows are read against, and what is done to them, before the network sees them; undefined: it takes them as the contract says. */
const preparationFile = ({ contract, recipe }: NetworkFederation): string | undefined =>
  recipe === undefined ? undefined : JSON.stringify({ contract, recipe });

const fileReply = (
  name: string,
  type: string,
  more: Readonly<Record<string, string>> = {},
): Omit<Reply, 'body'> => ({
  status: 200,
  headers: {
    'content-type': type,
    'content-disposition': `attachment; filename="${name}"`,
    // A version never changes, but a draft's version 0 may be made anew.
    'cache-control': 'no-cache',
    ...more,
  },
});
