// A run is a section of the list of runs.
import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

export const load: PageLoad = ({ params }) =>
  redirect(307, `/console/${params.federation}/runs#run-${params.run}`);
