// What a person types or pastes under "I have a link or code": a whole link of any Tributary server, a path, or the name.
import * as v from 'valibot';
import { FederationId } from '../core/ids.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** The address to go to: a path for this server, a whole link for another. */
export function readInvitation(typed: string, here = globalThis.location?.origin): Result<string, string> {
  const text = typed.trim();
  if (text === '') return fail('Paste the link that you were sent, or type the name of the federation.');
  const link = URL.canParse(text) ? new URL(text) : undefined;
  const path =
    link === undefined
      ? text.replace(/^\/?f\//, '').replace(/\/.*$/, '')
      : (/^\/f\/([^/]+)/.exec(link.pathname)?.[1] ?? '');
  const id = v.safeParse(FederationId, link === undefined ? path.toLowerCase() : path);
  if (!id.success)
    return fail(
      link === undefined
        ? 'A code is made of lower-case letters, digits and hyphens, such as handwritten-digits.'
        : 'This link does not lead to a federation: it should end in /f/ and a name.',
    );
  if (link !== undefined && !['http:', 'https:'].includes(link.protocol))
    return fail('A link begins with https:// or http://.');
  return ok(link === undefined || link.origin === here ? `/f/${id.output}` : `${link.origin}/f/${id.output}`);
}
