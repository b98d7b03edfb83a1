// Which dataset of this browser; whether it is there, only the browser knows.
import type { PageLoad } from './$types';

export const load: PageLoad = ({ params }) => ({ id: params.id });
