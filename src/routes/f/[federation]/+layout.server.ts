// What the pages of one federation start from; the browser keeps it fresh from then on.
import { error } from '@sveltejs/kit';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import type { LayoutServerLoad } from './$types.ts';

export const load: LayoutServerLoad = async ({ locals, params }) => {
  const id = v.safeParse(FederationId, params.federation);
  const view = id.success ? await locals.application.federation(id.output) : undefined;
  if (!id.success || view === undefined)
    error(404, { message: `There is no federation “${params.federation}” on this server.` });
  return { view, versions: await locals.application.versions(id.output), servedAt: Date.now() };
};
