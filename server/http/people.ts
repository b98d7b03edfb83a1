// People who work the console, over HTTP (protocol/people.ts): each its own access, and an owner everybody's.
import type { IncomingMessage } from 'node:http';
import {
  NewApiToken,
  NewPasskey,
  PersonChange,
  type MadePerson,
  type OwnAccess,
} from '#lib/protocol/people.ts';
import type { Result } from '#lib/core/result.ts';
import type { Passkeys } from '../people/passkeys.ts';
import type { Caller, People, PersonRefusal } from '../people/people.ts';
import { readJson } from './body.ts';
import { json, refusal, type Reply } from './reply.ts';

function refused({ error, message }: PersonRefusal): Reply {
  switch (error) {
    case 'unknown-person':
    case 'unknown-credential':
      return refusal(404, error, message);
    case 'last-owner':
      return refusal(409, error, message);
    default:
      return error satisfies never;
  }
}

/** A stolen token must not make itself ways in that outlast it. */
const inPerson = (): Reply =>
  refusal(
    403,
    'not-allowed',
    'This is done in the console alone: an API token may not change by what people come in.',
  );

export const peopleRoutes = (people: People, passkeys: Passkeys) => {
  const access = (caller: Caller, status = 200): Reply =>
    json(status, people.access(caller.person) satisfies OwnAccess);
  const list = (result: Result<unknown, PersonRefusal>): Reply =>
    result.ok ? json(200, people.views()) : refused(result.error);
  const made = (code: string, status: number): Reply =>
    json(status, { people: people.views(), code } satisfies MadePerson);

  return {
    me: (caller: Caller): Reply => access(caller),
    async passkeyOptions(request: IncomingMessage, caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const options = await passkeys.registration(caller.person, request);
      return options.ok ? json(200, { options: options.value }) : refusal(422, 'passkey', options.error);
    },
    async addPasskey(request: IncomingMessage, caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const read = await readJson(request, NewPasskey);
      if (!read.ok) return read.error;
      const { name, response } = read.value;
      const kept = await passkeys.register(caller.person, name, response, request);
      return kept.ok ? access(caller, 201) : refusal(422, 'passkey', kept.error);
    },
    async recoveryCodes(caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const codes = await people.makeRecoveryCodes(caller.person);
      return json(201, { access: people.access(caller.person), codes });
    },
    async addToken(request: IncomingMessage, caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const read = await readJson(request, NewApiToken);
      if (!read.ok) return read.error;
      const token = await people.makeToken(caller.person, read.value);
      return json(201, { access: people.access(caller.person), token });
    },
    async removeCredential(caller: Caller, id: string): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const done = await people.removeCredential(caller.person, id);
      return done.ok ? access(caller) : refused(done.error);
    },
    list: (): Reply => json(200, people.views()),
    async add(request: IncomingMessage, caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const read = await readJson(request, PersonChange);
      return read.ok ? made(await people.add(read.value), 201) : read.error;
    },
    async link(caller: Caller, id: string): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const code = await people.link(id);
      return code.ok ? made(code.value, 201) : refused(code.error);
    },
    async change(request: IncomingMessage, id: string): Promise<Reply> {
      const read = await readJson(request, PersonChange);
      return read.ok ? list(await people.change(id, read.value)) : read.error;
    },
    remove: async (id: string): Promise<Reply> => list(await people.remove(id)),
  };
};
