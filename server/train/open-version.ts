// A version of a federation of tables as a model that rows are predicted by: downloaded, and with the way that its devices' rows went.
import * as v from 'valibot';
import { downloadParameters } from '#lib/adapters/socketio/download.ts';
import { createRequests, readView } from '#lib/adapters/socketio/requests.ts';
import { exampleShape } from '#lib/core/data/contract.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import type { FederationId } from '#lib/core/ids.ts';
import { buildNetwork } from '#lib/core/model/network.ts';
import { preparing } from '#lib/participant/prepared-rows.ts';
import { networkPredictor, type OpenedModel } from '#lib/participant/workbench/model-file.ts';
import { ownLayers } from '#lib/participant/workbench/models.ts';
import { FederationView, VersionView } from '#lib/protocol/views.ts';
import { UnusableTraining } from './unusable.ts';

/** `version`: a number, live or head. Rejects with UnusableTraining, and as requests do. */
export async function openVersion(url: string, id: FederationId, version: string): Promise<OpenedModel> {
  const requests = createRequests(url);
  const view = await readView(requests, `/api/federations/${id}`, FederationView);
  if (view === undefined) throw new UnusableTraining(`There is no federation “${id}” at ${url}.`);
  const { spec } = view;
  const { contract } = spec;
  if (contract.kind !== 'table' || !('network' in spec))
    throw new UnusableTraining(
      '--federation: rows are predicted by versions of networks for tables. Use “Try the model” on the federation’s page.',
    );
  const wanted = version === 'head' ? view.head.version : version === 'live' ? view.live : Number(version);
  const versions = (await readView(requests, `/api/federations/${id}/versions`, v.array(VersionView))) ?? [];
  const named = versions.find((one) => one.version === wanted);
  if (named === undefined)
    throw new UnusableTraining(
      `The federation “${id}” has no version ${wanted}; its newest is ${view.head.version}.`,
    );
  const prepared = spec.recipe === undefined ? undefined : preparing(spec, spec.recipe);
  if (prepared?.ok === false) throw new UnusableTraining(prepared.error);
  const network = buildNetwork(spec.network);
  if (!network.ok) throw new UnusableTraining(network.error.message);
  const parameters = await downloadParameters(requests, named.digest, named.bytes);
  const predictor = networkPredictor(network.value, [parameters]);
  if (predictor === undefined)
    throw new UnusableTraining('The version is not one of the federation’s network.');
  const seen = modelContract(spec);
  return {
    chosen: { model: ownLayers(spec.network), options: {} },
    contract: seen,
    reading: { contract, preparing: prepared?.value ?? null },
    preparation: undefined,
    windows: undefined,
    predictor,
    // Nobody has seen the rows of all devices.
    mean: new Float32Array(exampleShape(seen).reduce((size, side) => size * side, 1)),
  };
}
