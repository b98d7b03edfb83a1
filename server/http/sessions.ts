// A coordinator signs in by the link that the server printed: its token works once and is exchanged for a cookie. The cookie's
// value lies in the browser alone; the records hold its digest.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { digestOfText } from '#lib/core/digest.ts';
import { SignIn } from '#lib/protocol/http.ts';
import { SESSION_COOKIE } from '../application.ts';
import type { Act, Acts } from '../acts.ts';
import type { Clock } from '../ports/clock.ts';
import { RecordsFull, type Change, type Records, type SessionRecord } from '../ports/records.ts';
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
    const sessions = new Sessions(records, clock, onUsed, acts);
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

  isCoordinator(cookie: string | undefined): boolean {
    if (cookie === undefined || cookie === '') return false;
    const session = this.#sessions.get(digestOfText(cookie));
    return session !== undefined && session.expiresAt > this.clock.now();
  }

  /** What the log of acts calls whoever shows this cookie; undefined: nobody who is signed in. */
  coordinatorOf(cookie: string | undefined): string | undefined {
    if (!this.isCoordinator(cookie)) return undefined;
    const session = this.#sessions.get(digestOfText(cookie ?? ''));
    return session === undefined ? undefined : nameOf(session);
  }

  async signIn(request: IncomingMessage, site: Site): Promise<Reply> {
    const read = await readJson(request, SignIn);
    if (!read.ok) return read.error;
    if (!same(read.value.token, this.#token))
      return refusal(
        401,
        'wrong-token',
        'This sign-in link is not valid, or has been used. The server’s terminal shows the present one.',
      );
    const used = this.#token;
    // At once: while the session is being written nobody else signs in by the same link.
    this.#token = secret();
    const value = secret();
    const now = this.clock.now();
    const record: SessionRecord = {
      digest: digestOfText(value),
      createdAt: now,
      expiresAt: now + LIFETIME_MS,
    };
    try {
      const detail = { session: record.digest, created: now, expires: record.expiresAt };
      await this.#write([{ type: 'insert-session', record }], {
        by: nameOf(record),
        act: { act: 'signed-in', federation: null, detail },
      });
    } catch (error) {
      // Nobody has signed in by it, and no other was shown.
      this.#token = used;
      throw error;
    }
    this.#sessions.set(record.digest, record);
    this.onUsed(this.#token);
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
      const session = this.#sessions.get(digest);
      if (session !== undefined)
        await this.acts.record(nameOf(session), { act: 'signed-out', federation: null, detail: {} }, [
          { type: 'delete-session', digest },
        ]);
      this.#sessions.delete(digest);
    }
    return json(200, { ok: true }, { 'set-cookie': cookie('', 0, isSecure(site, request)) });
  }
}

/** There are no names yet: each sign-in is told from the others by the digest of its cookie. */
const nameOf = ({ digest }: SessionRecord): string => `coordinator ${digest.slice(0, 8)}`;

const cookie = (value: string, maxAge: number, secure: boolean): string =>
  `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
