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
import { having, json, refusal, type Reply } from './reply.ts';

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
      return kept.ok
        ? having(access(caller, 201), 'passkey-added', null, { name })
        : refusal(422, 'passkey', kept.error);
    },
    async recoveryCodes(caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const codes = await people.makeRecoveryCodes(caller.person);
      const reply = json(201, { access: people.access(caller.person), codes });
      return having(reply, 'recovery-codes-made', null);
    },
    async addToken(request: IncomingMessage, caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const read = await readJson(request, NewApiToken);
      if (!read.ok) return read.error;
      const token = await people.makeToken(caller.person, read.value);
      const reply = json(201, { access: people.access(caller.person), token });
      return having(reply, 'token-made', null, { name: read.value.name, scopes: read.value.scopes });
    },
    async removeCredential(caller: Caller, id: string): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const done = await people.removeCredential(caller.person, id);
      return done.ok
        ? having(access(caller), 'credential-removed', null, { credential: id })
        : refused(done.error);
    },
    list: (): Reply => json(200, people.views()),
    async add(request: IncomingMessage, caller: Caller): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const read = await readJson(request, PersonChange);
      if (!read.ok) return read.error;
      const reply = made(await people.add(read.value), 201);
      return having(reply, 'person-added', null, read.value);
    },
    async link(caller: Caller, id: string): Promise<Reply> {
      if (caller.by !== 'session') return inPerson();
      const code = await people.link(id);
      return code.ok ? having(made(code.value, 201), 'link-made', null, { person: id }) : refused(code.error);
    },
    async change(request: IncomingMessage, id: string): Promise<Reply> {
      const read = await readJson(request, PersonChange);
      if (!read.ok) return read.error;
      const reply = list(await people.change(id, read.value));
      return having(reply, 'person-changed', null, { person: id, ...read.value });
    },
    remove: async (id: string): Promise<Reply> =>
      having(list(await people.remove(id)), 'person-removed', null, { person: id }),
  };
};
