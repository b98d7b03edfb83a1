// Whoever is signed in already goes on to the console.
import { redirect } from '@sveltejs/kit';
import { nextPath } from '#lib/state/console-sign-in.svelte.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals, url }) => {
  const next = nextPath(url.searchParams.get('next'));
  if (locals.person !== null) redirect(303, next);
  return { next };
};
