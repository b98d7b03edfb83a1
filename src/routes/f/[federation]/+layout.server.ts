// What the pages of one federation start from; the browser keeps it fresh from then on.
import { error } from '@sveltejs/kit';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { INVITATION_PARAMETER } from '#lib/protocol/invitations.ts';
import type { LayoutServerLoad } from './$types.ts';

export const load: LayoutServerLoad = async ({ locals, params, url, untrack }) => {
  const id = v.safeParse(FederationId, params.federation);
  const view = id.success ? await locals.application.federation(id.output) : undefined;
  if (!id.success || view === undefined)
    error(404, { message: `There is no federation “${params.federation}” on this server.` });
  // The link of an invitation leads to the first page: the others of this visit know of it still, for it is not looked at anew.
  const invitation = untrack(() => url.searchParams.get(INVITATION_PARAMETER));
  return { view, versions: await locals.application.versions(id.output), servedAt: Date.now(), invitation };
};
