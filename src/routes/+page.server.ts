// The federations of this server, for the list on the first page.
import type { PageServerLoad } from './$types.ts';

export const load: PageServerLoad = async ({ locals }) => ({
  federations: await locals.application.federations(),
});
