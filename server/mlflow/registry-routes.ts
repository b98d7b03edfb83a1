// The versions of federations as MLflow's registry has them (mlflow/protos/model_registry.proto): a federation is a registered model, the
// versions that its rounds made are its versions, `live` is its alias. Read, and the alias moved; models are made by rounds alone.
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import type { FederationView, VersionView } from '#lib/protocol/views.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { having, json, type Reply } from '../http/reply.ts';
import { mlflowRefusal } from './errors.ts';
import { readFilter, subjectOf } from './filter.ts';
import { paged, readMlflow, requests } from './requests.ts';
import type { MlflowHandle } from './tracking-routes.ts';

const ALIAS = 'live';

export function registryRoutes(coordinator: Coordinator): Readonly<Record<string, MlflowHandle>> {
  const by =
    <S extends v.GenericSchema>(
      schema: S,
      handle: (given: v.InferOutput<S>) => Reply | Promise<Reply>,
    ): MlflowHandle =>
    async (request, query) => {
      const read = await readMlflow(request, query, schema);
      return read.ok ? handle(read.value) : read.error;
    };
  const viewOf = (name: string): FederationView | undefined => {
    const id = v.safeParse(FederationId, name);
    return id.success ? coordinator.view(id.output) : undefined;
  };
  /** Version 0 is drawn at random, and nobody's model. */
  const versionsOf = (view: FederationView): readonly VersionView[] =>
    (coordinator.versions(view.id) ?? []).filter(({ version }) => version > 0);
  const noModel = (name: string): Reply =>
    mlflowRefusal(
      'RESOURCE_DOES_NOT_EXIST',
      `There is no federation ${name} on this server: models here are federations.`,
    );
  const withModel = (name: string, handle: (view: FederationView) => Reply | Promise<Reply>) => {
    const view = viewOf(name);
    return view === undefined ? noModel(name) : handle(view);
  };
  const withVersion = (
    { name, version }: { readonly name: string; readonly version: string },
    handle: (view: FederationView, found: VersionView) => Reply | Promise<Reply>,
  ) =>
    withModel(name, (view) => {
      const found = versionsOf(view).find((one) => String(one.version) === version);
      return found === undefined
        ? mlflowRefusal('RESOURCE_DOES_NOT_EXIST', `${name} has no version ${version}.`)
        : handle(view, found);
    });
  const all = (): readonly FederationView[] =>
    coordinator.summaries().flatMap(({ id }) => coordinator.view(id) ?? []);
  const readOnly: MlflowHandle = async () =>
    mlflowRefusal(
      'PERMISSION_DENIED',
      'Models and versions of this server are made by rounds of its federations. Log your own models as artifacts of a run.',
    );

  return {
    'GET registered-models/get': by(requests.model, ({ name }) =>
      withModel(name, (view) => json(200, { registered_model: modelJson(view, versionsOf(view)) })),
    ),
    'GET registered-models/search': by(
      requests.searchModels,
      ({ filter, max_results: most, page_token: token }) => {
        const wanted = readFilter(filter, ['name']);
        if (!wanted.ok) return mlflowRefusal('INVALID_PARAMETER_VALUE', wanted.error);
        const found = all().filter(({ id }) => wanted.value(subject({ name: id })));
        const { rows, next } = paged(found, token, most);
        return json(200, {
          registered_models: rows.map((view) => modelJson(view, versionsOf(view))),
          ...next,
        });
      },
    ),
    'GET model-versions/get': by(requests.modelVersion, (given) =>
      withVersion(given, (view, found) => json(200, { model_version: versionJson(view, found) })),
    ),
    'GET model-versions/get-download-uri': by(requests.modelVersion, (given) =>
      withVersion(given, (view, found) => json(200, { artifact_uri: sourceOf(view, found) })),
    ),
    'GET model-versions/search': by(
      requests.searchModels,
      ({ filter, max_results: most, page_token: token }) => {
        const wanted = readFilter(filter, ['name', 'version_number', 'run_id']);
        if (!wanted.ok) return mlflowRefusal('INVALID_PARAMETER_VALUE', wanted.error);
        const found = all().flatMap((view) =>
          versionsOf(view)
            .filter(({ version }) =>
              wanted.value(subject({ name: view.id, version_number: version, run_id: '' })),
            )
            .map((version) => ({ view, version }))
            .toReversed(),
        );
        const { rows, next } = paged(found, token, most);
        return json(200, {
          model_versions: rows.map(({ view, version }) => versionJson(view, version)),
          ...next,
        });
      },
    ),
    'GET registered-models/alias': by(requests.alias, ({ name, alias }) =>
      withModel(name, (view) => {
        const found = versionsOf(view).find(({ version }) => version === view.live);
        return alias !== ALIAS || found === undefined
          ? mlflowRefusal(
              'INVALID_PARAMETER_VALUE',
              `Registered model alias ${alias} not found: ${name} has the alias live once a round has made a version.`,
            )
          : json(200, { model_version: versionJson(view, found) });
      }),
    ),
    'POST registered-models/alias': by(requests.setAlias, (given) =>
      withVersion(given, async (view, { version }) => {
        if (given.alias !== ALIAS)
          return mlflowRefusal(
            'INVALID_PARAMETER_VALUE',
            `Federations have the alias live alone, not ${given.alias}.`,
          );
        const moved = await coordinator.moveLive(view.id, version);
        if (moved === undefined) return noModel(given.name);
        return moved.ok
          ? having(json(200, {}), 'live-moved', view.id, { version })
          : mlflowRefusal('INVALID_PARAMETER_VALUE', moved.error.message);
      }),
    ),
    'DELETE registered-models/alias': async () =>
      mlflowRefusal('INVALID_PARAMETER_VALUE', 'The alias live always names a version: move it instead.'),
    'POST registered-models/create': readOnly,
    'POST model-versions/create': readOnly,
    'PATCH registered-models/update': readOnly,
    'PATCH model-versions/update': readOnly,
    'DELETE registered-models/delete': readOnly,
    'DELETE model-versions/delete': readOnly,
  };
}

const subject = (attributes: Readonly<Record<string, string | number>>) =>
  subjectOf({
    attributes,
    metrics: {},
    params: {},
    tags: {},
  });

const sourceOf = ({ id }: FederationView, { version }: VersionView): string =>
  `/api/federations/${id}/versions/${version}/export?format=safetensors`;

function modelJson(view: FederationView, versions: readonly VersionView[]) {
  const newest = versions.at(-1);
  return {
    name: view.id,
    creation_timestamp: view.createdAt,
    last_updated_timestamp: newest?.committedAt ?? view.createdAt,
    description: view.spec.brief.title,
    latest_versions: newest === undefined ? [] : [versionJson(view, newest)],
    tags: [],
    aliases: view.live > 0 ? [{ alias: ALIAS, version: String(view.live) }] : [],
  };
}

const versionJson = (view: FederationView, version: VersionView) => ({
  name: view.id,
  version: String(version.version),
  creation_timestamp: version.committedAt,
  last_updated_timestamp: version.committedAt,
  current_stage: 'None',
  description: `Round ${version.round ?? ''} of ${view.spec.brief.title}`,
  source: sourceOf(view, version),
  run_id: '',
  status: version.damaged ? 'FAILED_REGISTRATION' : 'READY',
  tags: [{ key: 'digest', value: version.digest }],
  aliases: version.version === view.live ? [ALIAS] : [],
});
