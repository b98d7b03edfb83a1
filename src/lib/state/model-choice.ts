// The models that can be tried: every version of a federation and every model trained here, each with what is needed to run it.
import * as v from 'valibot';
import type { FederationSpec } from '../core/federation.ts';
import { NetworkSpec } from '../core/model/spec.ts';
import { AskedRecipe, askedRecipe } from '../core/recipe/asked.ts';
import type { SummedSpec } from '../core/summed-models.ts';
import type { LocalModel } from '../ports/participant-store.ts';
import type { FederationView, VersionView } from '../protocol/views.ts';
import type { AskedModel } from '../workers/device-messages.ts';

export type ModelChoice = AskedModel & {
  /** As it stands in the address: "v13", or the id of a local model. */
  readonly id: string;
  readonly title: string;
};

/** What the device worker is asked about. */
export const askedOf = (choice: ModelChoice): AskedModel =>
  'sums' in choice
    ? { sums: choice.sums, source: choice.source }
    : { network: choice.network, recipe: choice.recipe, source: choice.source };

const runnable = (
  spec: FederationSpec,
): { network: NetworkSpec; recipe: AskedRecipe | undefined } | { sums: SummedSpec } => {
  if ('network' in spec) return { network: spec.network, recipe: askedRecipe(spec) };
  const { contract } = spec;
  return {
    sums:
      spec.family === 'k-means'
        ? { family: spec.family, clusters: spec.clusters, contract }
        : { family: spec.family, trees: spec.trees, contract },
  };
};

export const versionChoice = (version: VersionView, spec: FederationSpec, live: number): ModelChoice => ({
  id: `v${version.version}`,
  title: `Version ${version.version}${version.version === live ? ' (live)' : ''}`,
  ...runnable(spec),
  source: { type: 'version', digest: version.digest, bytes: version.bytes },
});

/** undefined where what is stored is not a network that this app can run. */
export function localChoice(model: LocalModel): ModelChoice | undefined {
  const network = v.safeParse(NetworkSpec, model.network);
  const recipe = v.safeParse(v.optional(AskedRecipe), model.recipe);
  if (!network.success || !recipe.success) return undefined;
  return {
    id: model.id,
    title: model.name,
    network: network.output,
    recipe: recipe.output,
    source: { type: 'local', id: model.id },
  };
}

/** What this device made of the live version for itself while taking part; undefined where the federation has all devices use it as it is. */
export const ownChoice = (
  view: Pick<FederationView, 'id' | 'live' | 'spec'>,
  versions: readonly VersionView[],
): ModelChoice | undefined => {
  const { personalisation } = view.spec;
  const live = versions.find((one) => one.version === view.live);
  if (personalisation.type === 'none' || live === undefined) return undefined;
  const { digest, bytes } = live;
  return {
    id: 'own',
    title: 'Your own model',
    ...runnable(view.spec),
    source: { type: 'own', federation: view.id, personalisation, digest, bytes },
  };
};

/** Newest versions first, then the models trained here. */
export const modelChoices = (
  versions: readonly VersionView[],
  spec: FederationSpec,
  live: number,
  models: readonly LocalModel[],
): readonly ModelChoice[] => [
  ...versions.toReversed().map((version) => versionChoice(version, spec, live)),
  ...models.flatMap((model) => localChoice(model) ?? []),
];
