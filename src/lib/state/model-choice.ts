// The models that can be tried: every version of a federation and every model trained here, each with what is needed to run it.
import * as v from 'valibot';
import type { FederationSpec } from '../core/federation.ts';
import { NetworkSpec } from '../core/model/spec.ts';
import type { LocalModel } from '../ports/participant-store.ts';
import type { FederationView, VersionView } from '../protocol/views.ts';
import type { ModelSource } from '../workers/device-messages.ts';

export interface ModelChoice {
  /** As it stands in the address: "v13", or the id of a local model. */
  readonly id: string;
  readonly title: string;
  readonly network: NetworkSpec;
  readonly source: ModelSource;
}

export const versionChoice = (version: VersionView, network: NetworkSpec, live: number): ModelChoice => ({
  id: `v${version.version}`,
  title: `Version ${version.version}${version.version === live ? ' (live)' : ''}`,
  network,
  source: { type: 'version', digest: version.digest, bytes: version.bytes },
});

/** undefined where what is stored is not a network that this app can run. */
export function localChoice(model: LocalModel): ModelChoice | undefined {
  const network = v.safeParse(NetworkSpec, model.network);
  if (!network.success) return undefined;
  return {
    id: model.id,
    title: model.name,
    network: network.output,
    source: { type: 'local', id: model.id },
  };
}

/** What this device made of the live version for itself while taking part; undefined where the federation has all devices use it as it is. */
export const ownChoice = (
  view: Pick<FederationView, 'id' | 'live'> & {
    readonly spec: Pick<FederationSpec, 'network' | 'personalisation'>;
  },
  versions: readonly VersionView[],
): ModelChoice | undefined => {
  const { network, personalisation } = view.spec;
  const live = versions.find((one) => one.version === view.live);
  if (personalisation.type === 'none' || live === undefined) return undefined;
  const { digest, bytes } = live;
  return {
    id: 'own',
    title: 'Your own model',
    network,
    source: { type: 'own', federation: view.id, personalisation, digest, bytes },
  };
};

/** Newest versions first, then the models trained here. */
export const modelChoices = (
  versions: readonly VersionView[],
  network: NetworkSpec,
  live: number,
  models: readonly LocalModel[],
): readonly ModelChoice[] => [
  ...versions.toReversed().map((version) => versionChoice(version, network, live)),
  ...models.flatMap((model) => localChoice(model) ?? []),
];
