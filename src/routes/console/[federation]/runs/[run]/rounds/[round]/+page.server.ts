// One round, however long ago; the present one is told by the live client.
import { error } from '@sveltejs/kit';
import type { RoundView } from '#lib/protocol/views.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, parent }) => {
  const { live } = await parent();
  const wanted = Number(params.round);
  const find = (rounds: readonly RoundView[]): RoundView | undefined =>
    rounds.find((one) => one.round === wanted && String(one.run) === params.run);
  const round =
    find(live.view.round === null ? [] : [live.view.round]) ??
    find(live.rounds) ??
    find(await locals.application.rounds(live.view.id));
  if (round === undefined) error(404, `Run ${params.run} has no round ${params.round}.`);
  return { round };
};
