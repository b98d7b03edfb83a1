// The console is for people who are signed in; everybody else reads how to sign in and comes back here afterwards.
import { redirect } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, url }) => {
  const { person } = locals;
  if (person === null) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  return { person, publicUrl: locals.application.publicUrl, appVersion: locals.application.appVersion };
};
