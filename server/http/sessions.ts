// A person signs in by the link that the server printed (the first owner), by a link or a recovery code of its own, or by a
// passkey: each is exchanged for a cookie. The cookie's value lies in the browser alone; the records hold its digest.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type * as v from 'valibot';
import { digestOfText } from '#lib/core/digest.ts';
import { SignIn } from '#lib/protocol/http.ts';
import { PasskeySignIn, permissionsOf, type PasskeyChallenge } from '#lib/protocol/people.ts';
import { SESSION_COOKIE } from '../application.ts';
import type { Act, Acts } from '../acts.ts';
import type { Clock } from '../ports/clock.ts';
import { People, type Caller } from '../people/people.ts';
import type { Passkeys } from '../people/passkeys.ts';
import {
  RecordsFull,
  type Change,
  type PersonRecord,
  type Records,
  type SessionRecord,
} from '../ports/records.ts';
import { bearerOf } from './bearers.ts';
import { readJson } from './body.ts';
import { json, refusal, type Reply } from './reply.ts';
import { cookieOf, isSecure, type Site } from './site.ts';

const LIFETIME_MS = 30 * 24 * 3600 * 1000;
const secret = (): string => randomBytes(32).toString('base64url');
const same = (a: string, b: string): boolean =>
  timingSafeEqual(Buffer.from(digestOfText(a), 'hex'), Buffer.from(digestOfText(b), 'hex'));

export class Sessions {
  readonly #sessions = new Map<string, SessionRecord>();
  #token = secret();

  private constructor(
    private readonly records: Records,
    private readonly clock: Clock,
    readonly people: People,
    /** The next token is needed: the one before has been used. */
    private readonly onUsed: (token: string) => void,
    private readonly acts: Acts,
  ) {}

  static async open(
    records: Records,
    clock: Clock,
    onUsed: (token: string) => void,
    acts: Acts,
  ): Promise<Sessions> {
    const sessions = new Sessions(records, clock, await People.open(records, clock, acts), onUsed, acts);
    for (const session of await records.sessions()) sessions.#sessions.set(session.digest, session);
    try {
      await sessions.#write([]);
    } catch (error) {
      // Those that have ended let nobody in. They go with the next one that is written.
      if (!(error instanceof RecordsFull)) throw error;
    }
    return sessions;
  }

  /** Together with what is written the sessions go that have ended: a server that runs for months does not gather them. */
  async #write(changes: readonly Change[], act?: { readonly by: string; readonly act: Act }): Promise<void> {
    const now = this.clock.now();
    const ended = [...this.#sessions.values()].filter((session) => session.expiresAt <= now);
    const all = [...ended.map(({ digest }): Change => ({ type: 'delete-session', digest })), ...changes];
    if (all.length === 0) return;
    if (act === undefined) await this.records.write(all);
    else await this.acts.record(act.by, act.act, all);
    for (const { digest } of ended) this.#sessions.delete(digest);
  }

  /** Good for one sign-in. */
  get token(): string {
    return this.#token;
  }

  /** Whom the session of a cookie stands for. */
  personOf(cookie: string | undefined): PersonRecord | undefined {
    if (cookie === undefined || cookie === '') return undefined;
    const session = this.#sessions.get(digestOfText(cookie));
    if (session === undefined || session.expiresAt <= this.clock.now()) return undefined;
    return session.person === null ? this.people.owner : this.people.get(session.person);
  }

  /** Who asks: by an API token, else by the cookie. */
  callerOf(request: IncomingMessage): Caller | undefined {
    const token = bearerOf(request);
    if (token !== undefined) return this.people.byToken(token);
    const person = this.personOf(cookieOf(request, SESSION_COOKIE));
    return person && { person, permissions: permissionsOf[person.role], by: 'session' };
  }

  async signIn(request: IncomingMessage, site: Site): Promise<Reply> {
    const read = await readJson(request, SignIn);
    if (!read.ok) return read.error;
    if (!same(read.value.token, this.#token)) {
      const person = await this.people.redeem(read.value.token);
      if (person !== undefined) return this.#begin(person, request, site);
      return refusal(
        401,
        'wrong-token',
        'This sign-in link or code is not valid, or has been used. The server’s terminal shows its present link; an owner can make one for you.',
      );
    }
    const used = this.#token;
    // At once: while the session is being written nobody else signs in by the same link.
    this.#token = secret();
    let answer: Reply;
    try {
      answer = await this.#begin(await this.people.firstOwner(), request, site);
    } catch (error) {
      // Nobody has signed in by it, and no other was shown.
      this.#token = used;
      throw error;
    }
    this.onUsed(this.#token);
    return answer;
  }

  async passkeyChallenge(passkeys: Passkeys, request: IncomingMessage): Promise<Reply> {
    const made = await passkeys.challenge(request);
    if (!made.ok) return refusal(422, 'passkey', made.error);
    const { ceremony, options } = made.value;
    return json(200, { ceremony, options: { ...options } } satisfies v.InferOutput<typeof PasskeyChallenge>);
  }

  async signInByPasskey(passkeys: Passkeys, request: IncomingMessage, site: Site): Promise<Reply> {
    const read = await readJson(request, PasskeySignIn);
    if (!read.ok) return read.error;
    const known = await passkeys.signIn(read.value.ceremony, read.value.response, request);
    return known.ok ? this.#begin(known.value, request, site) : refusal(401, 'wrong-passkey', known.error);
  }

  async #begin(person: PersonRecord, request: IncomingMessage, site: Site): Promise<Reply> {
    const value = secret();
    const now = this.clock.now();
    const record: SessionRecord = {
      digest: digestOfText(value),
      person: person.id,
      createdAt: now,
      expiresAt: now + LIFETIME_MS,
    };
    const detail = { session: record.digest, person: person.id, created: now, expires: record.expiresAt };
    await this.#write([{ type: 'insert-session', record }], {
      by: nameOf(person),
      act: { act: 'signed-in', federation: null, detail },
    });
    this.#sessions.set(record.digest, record);
    return json(
      200,
      { ok: true },
      { 'set-cookie': cookie(value, LIFETIME_MS / 1000, isSecure(site, request)) },
    );
  }

  async signOut(request: IncomingMessage, site: Site): Promise<Reply> {
    const value = cookieOf(request, SESSION_COOKIE);
    if (value !== undefined) {
      const digest = digestOfText(value);
      const person = this.personOf(value);
      if (person !== undefined)
        await this.acts.record(nameOf(person), { act: 'signed-out', federation: null, detail: {} }, [
          { type: 'delete-session', digest },
        ]);
      this.#sessions.delete(digest);
    }
    return json(200, { ok: true }, { 'set-cookie': cookie('', 0, isSecure(site, request)) });
  }
}

/** What the log of acts calls a person: names may be the same, or change. */
export const nameOf = ({ name, id }: PersonRecord): string => `${name} (${id})`;

const cookie = (value: string, maxAge: number, secure: boolean): string =>
  `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
