// The number of a version, refused where it is none.
import { error } from '@sveltejs/kit';
import * as v from 'valibot';
import { VersionNumber } from '#lib/core/ids.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = ({ params, url }) => {
  const version = v.safeParse(
    VersionNumber,
    /^\d+$/.test(params.version) ? Number(params.version) : undefined,
  );
  if (!version.success) error(404, `There is no version “${params.version}”.`);
  const other = v.safeParse(VersionNumber, Number(url.searchParams.get('with') ?? Number.NaN));
  return { version: version.output, other: other.success ? other.output : undefined };
};
