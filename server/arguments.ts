// Arguments that several commands take, each read in one way.
import { InvalidArgumentError } from 'commander';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { parseTags } from '#lib/core/tags.ts';
import { invitationCodeIn } from '#lib/protocol/invitations.ts';

export const federationOf = (text: string): FederationId => {
  const read = v.safeParse(FederationId, text);
  if (!read.success)
    throw new InvalidArgumentError('A federation is named by lower-case letters, digits and hyphens.');
  return read.output;
};
export const urlOf = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('Give the server’s address, such as http://localhost:3000.');
  return text;
};
export const wholeFrom =
  (minimum: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < minimum)
      throw new InvalidArgumentError(`A whole number from ${minimum}.`);
    return number;
  };
export const tagsOf = (text: string): string[] => {
  const tags = parseTags(text);
  if (tags === undefined)
    throw new InvalidArgumentError(
      'At most 20 labels such as ward-3,hospital: letters, digits, dots, hyphens and underscores.',
    );
  return tags;
};
export const invitationOf = (text: string): string => {
  const code = invitationCodeIn(text);
  if (code === undefined)
    throw new InvalidArgumentError('A link that ends in ?invite= and 22 characters, or these alone.');
  return code;
};
