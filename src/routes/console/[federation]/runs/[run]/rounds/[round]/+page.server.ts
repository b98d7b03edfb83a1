// One round, however long ago; the present one is told by the live client.
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, parent }) => {
  const { live } = await parent();
  const wanted = Number(params.round);
  const known = [...(live.view.round === null ? [] : [live.view.round]), ...live.rounds, ...(await locals.application.rounds(live.view.id))];
  const round = known.find((one) => one.round === wanted && String(one.run) === params.run);
  if (round === undefined) error(404, `Run ${params.run} has no round ${params.round}.`);
  return { round };
};
