// The federations, each with its present view: what asks for attention is in it.
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, depends }) => {
  depends('console:federations');
  const summaries = await locals.application.federations();
  const lines = await Promise.all(
    summaries.map(async (summary) => ({
      summary,
      view: await locals.application.federation(summary.id),
      rounds: await locals.application.rounds(summary.id, { limit: 5 }),
      versions: await locals.application.versions(summary.id),
    })),
  );
  return { lines, servedAt: Date.now() };
};
