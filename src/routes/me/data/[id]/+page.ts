// Which dataset of this browser, and which of its rows is looked for; whether it is there, only the browser knows.
import type { PageLoad } from './$types';

export const load: PageLoad = ({ params, url }) => {
  const row = Number(url.searchParams.get('row') ?? NaN);
  return { id: params.id, row: Number.isSafeInteger(row) && row >= 1 ? row : undefined };
};
