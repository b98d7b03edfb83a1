// The console is for signed-in coordinators; everybody else reads how to sign in and comes back here afterwards.
import { redirect } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, url }) => {
  if (!locals.isCoordinator) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  return { publicUrl: locals.application.publicUrl, appVersion: locals.application.appVersion };
};
