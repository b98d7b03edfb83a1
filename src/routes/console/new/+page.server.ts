// What can be duplicated, and the federation that ?from= asks to duplicate.
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const from = v.safeParse(FederationId, url.searchParams.get('from'));
  const [summaries, source] = await Promise.all([
    locals.application.federations(),
    from.success ? locals.application.federation(from.output) : undefined,
  ]);
  return { duplicates: summaries.map(({ id, title }) => ({ id, title })), source: source?.spec };
};
