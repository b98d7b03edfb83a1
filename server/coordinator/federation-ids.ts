// Addresses of federations: made of a title where none is chosen, and never one that leads elsewhere.
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';

/** Pages of the console that lie where a federation's would, /console/<federation>: it could not be opened there. */
export const CONSOLE_PAGES: readonly string[] = ['audit', 'new', 'people'];

export const takenMessage = (id: FederationId): string =>
  `There is a federation “${id}” already. Choose another address.`;

/** Why no federation may be made at this address; undefined: one may. */
export function whyUnusable(id: FederationId, isTaken: (id: FederationId) => boolean): string | undefined {
  if (CONSOLE_PAGES.includes(id))
    return `“${id}” is a page of the console, /console/${id}: a federation of that name could not be opened there. Choose another address.`;
  return isTaken(id) ? takenMessage(id) : undefined;
}

/** An address made of a title: "Drawn digits!" → drawn-digits, then drawn-digits-2. */
export function freeId(title: string, isTaken: (id: FederationId) => boolean): FederationId {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  const stem = plain === '' ? 'federation' : plain;
  for (let number = 1; ; number += 1) {
    const id = v.parse(FederationId, number === 1 ? stem : `${stem}-${number}`);
    if (whyUnusable(id, isTaken) === undefined) return id;
  }
}
