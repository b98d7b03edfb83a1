// One federation for all of its pages in the console; from here on the live client keeps it true.
import { error } from '@sveltejs/kit';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { ROUNDS_SHOWN } from '#lib/state/console-live.svelte.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals, params, depends }) => {
  depends('console:federation');
  const id = v.safeParse(FederationId, params.federation);
  const view = id.success ? await locals.application.federation(id.output) : undefined;
  if (view === undefined)
    error(404, `There is no federation “${params.federation}”. It may have been deleted.`);
  const [versions, rounds, aliases] = await Promise.all([
    locals.application.versions(view.id),
    locals.application.rounds(view.id, { limit: ROUNDS_SHOWN }),
    locals.application.aliases(view.id),
  ]);
  return { live: { view, versions, rounds, aliases, servedAt: Date.now() } };
};
