// Who works the console: people with a role, and by what each comes in. All of it in memory, read once, and durable before it is
// acknowledged. Secrets are told once and kept as digests; a sign-in link and a recovery code work once.
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { digestOfText } from '#lib/core/digest.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import {
  permissionsOf,
  PersonId,
  type CredentialView,
  type NewApiToken,
  type OwnAccess,
  type Permission,
  type PersonChange,
  type PersonView,
} from '#lib/protocol/people.ts';
import type { Acts } from '../acts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Change, CredentialRecord, PersonRecord, Records } from '../ports/records.ts';

/** Somebody who asks for something: a person, and what it may do by the way that it came in. */
export interface Caller {
  readonly person: PersonRecord;
  readonly permissions: readonly Permission[];
  readonly by: 'session' | 'api-token';
}

export interface PersonRefusal {
  readonly error: 'unknown-person' | 'unknown-credential' | 'last-owner';
  readonly message: string;
}

const LINK_LIFETIME_MS = 7 * 86_400_000;
const RECOVERY_CODES = 10;
/** Says at a glance, and to scanners for leaked secrets, what it is. */
const TOKEN_PREFIX = 'tributary_';

/** Who did what stands in acts of its own, by its name. */
const PEOPLE_WRITTEN = 'people-written';

const secret = (): string => randomBytes(32).toString('base64url');
const shortId = (): string => randomBytes(6).toString('hex');
/** 80 bits: "k3f9-…" in groups of four that can be typed from paper; without letters that look like digits. */
function recoveryCode(): string {
  const alphabet = '23456789abcdefghjkmnpqrstuvwxyz2';
  const letters = [...randomBytes(16)].map((byte) => alphabet[byte & 31]).join('');
  return letters.match(/.{4}/g)?.join('-') ?? letters;
}

export class People {
  readonly #people = new Map<PersonId, PersonRecord>();
  readonly #credentials = new Map<string, CredentialRecord>();

  private constructor(
    private readonly acts: Pick<Acts, 'record'>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  static async open(
    records: Pick<Records, 'people' | 'credentials'>,
    clock: Pick<Clock, 'now'>,
    acts: Pick<Acts, 'record'>,
  ): Promise<People> {
    const people = new People(acts, clock);
    for (const person of await records.people()) people.#people.set(person.id, person);
    for (const credential of await records.credentials()) people.#credentials.set(credential.id, credential);
    return people;
  }

  /** Each change is an act of its own, which names the rows: whoever alters them on the disk is found out by the chain of acts. */
  #write(changes: readonly Change[]): Promise<void> {
    return this.acts.record('server', { act: PEOPLE_WRITTEN, federation: null, detail: {} }, changes);
  }

  get(id: PersonId): PersonRecord | undefined {
    return this.#people.get(id);
  }

  /** Whoever has the server's terminal: made at the first sign-in. */
  async firstOwner(): Promise<PersonRecord> {
    const found = this.owner;
    if (found !== undefined) return found;
    return this.#putPerson({ name: 'Owner', role: 'owner' });
  }

  get owner(): PersonRecord | undefined {
    return [...this.#people.values()].find((one) => one.role === 'owner');
  }

  /** Whose sign-in link or recovery code this is. It is used up, so that it works for nobody else. */
  async redeem(code: string): Promise<PersonRecord | undefined> {
    const digest = digestOfText(code.trim());
    const found = [...this.#credentials.values()].find(
      ({ secret: one }) =>
        (one.type === 'sign-in-link' || one.type === 'recovery-code') && one.digest === digest,
    );
    if (found === undefined) return undefined;
    // At once: while this is being written nobody else comes in by it.
    this.#credentials.delete(found.id);
    try {
      await this.#write([{ type: 'delete-credential', id: found.id }]);
    } catch (error) {
      this.#credentials.set(found.id, found);
      throw error;
    }
    return this.#isOver(found) ? undefined : this.#people.get(found.person);
  }

  /** Whom an API token stands for, and what it may do: what it was made for, as far as its person may still. */
  byToken(token: string): Caller | undefined {
    if (!token.startsWith(TOKEN_PREFIX)) return undefined;
    const digest = digestOfText(token);
    for (const credential of this.#credentials.values()) {
      const { secret: one } = credential;
      if (one.type !== 'api-token' || one.digest !== digest || this.#isOver(credential)) continue;
      const person = this.#people.get(credential.person);
      if (person === undefined) return undefined;
      const permissions = permissionsOf[person.role].filter((permission) => one.scopes.includes(permission));
      return { person, permissions, by: 'api-token' };
    }
    return undefined;
  }

  views(): PersonView[] {
    return [...this.#people.values()].map((person) => this.#view(person));
  }

  /** A new person, and the code of the link by which it comes in first. */
  async add(change: PersonChange): Promise<string> {
    const person = await this.#putPerson(change);
    return this.#link(person);
  }

  /** Another link for a person who lost every way in. */
  async link(id: string): Promise<Result<string, PersonRefusal>> {
    const person = this.#known(id);
    return person === undefined ? unknownPerson(id) : ok(await this.#link(person));
  }

  async change(id: string, change: PersonChange): Promise<Result<void, PersonRefusal>> {
    const person = this.#known(id);
    if (person === undefined) return unknownPerson(id);
    if (change.role !== 'owner' && this.#isLastOwner(person)) return lastOwner();
    const record = { ...person, ...change };
    await this.#write([{ type: 'put-person', record }]);
    this.#people.set(record.id, record);
    return ok(undefined);
  }

  async remove(id: string): Promise<Result<void, PersonRefusal>> {
    const person = this.#known(id);
    if (person === undefined) return unknownPerson(id);
    if (this.#isLastOwner(person)) return lastOwner();
    const own = [...this.#credentials.values()].filter((one) => one.person === person.id);
    await this.#write([
      ...own.map((one): Change => ({ type: 'delete-credential', id: one.id })),
      { type: 'delete-person', id: person.id },
    ]);
    this.#people.delete(person.id);
    for (const one of own) this.#credentials.delete(one.id);
    return ok(undefined);
  }

  access(person: PersonRecord): OwnAccess {
    const own = this.#of(person);
    return {
      person: this.#view(person),
      credentials: own.flatMap((one) => credentialView(one) ?? []),
      recoveryCodes: own.filter((one) => one.secret.type === 'recovery-code').length,
    };
  }

  async makeToken(person: PersonRecord, wanted: NewApiToken): Promise<string> {
    const token = `${TOKEN_PREFIX}${secret()}`;
    await this.#putCredential(person, this.clock.now() + wanted.expiresInMs, {
      type: 'api-token',
      digest: digestOfText(token),
      name: wanted.name,
      scopes: [...new Set(wanted.scopes)],
    });
    return token;
  }

  /** In place of those that were there. */
  async makeRecoveryCodes(person: PersonRecord): Promise<readonly string[]> {
    const codes = Array.from({ length: RECOVERY_CODES }, recoveryCode);
    const former = this.#of(person).filter((one) => one.secret.type === 'recovery-code');
    const made = codes.map((code) =>
      this.#credential(person, null, { type: 'recovery-code', digest: digestOfText(code) }),
    );
    await this.#write([
      ...former.map(({ id }): Change => ({ type: 'delete-credential', id })),
      ...made.map((record): Change => ({ type: 'put-credential', record })),
    ]);
    for (const { id } of former) this.#credentials.delete(id);
    for (const one of made) this.#credentials.set(one.id, one);
    return codes;
  }

  /** `id` is the authenticator's own, in base64url. */
  async keepPasskey(
    person: PersonRecord,
    id: string,
    passkey: Omit<Extract<CredentialRecord['secret'], { type: 'passkey' }>, 'type'>,
  ): Promise<void> {
    const before = this.#credentials.get(id);
    const record: CredentialRecord = {
      id,
      person: person.id,
      createdAt: before?.createdAt ?? this.clock.now(),
      expiresAt: null,
      secret: { type: 'passkey', ...passkey },
    };
    await this.#write([{ type: 'put-credential', record }]);
    this.#credentials.set(id, record);
  }

  passkey(id: string):
    | {
        readonly person: PersonRecord;
        readonly passkey: Extract<CredentialRecord['secret'], { type: 'passkey' }>;
      }
    | undefined {
    const found = this.#credentials.get(id);
    const person = found === undefined ? undefined : this.#people.get(found.person);
    return found?.secret.type === 'passkey' && person !== undefined
      ? { person, passkey: found.secret }
      : undefined;
  }

  passkeysOf(person: PersonRecord): readonly string[] {
    return this.#of(person)
      .filter((one) => one.secret.type === 'passkey')
      .map(({ id }) => id);
  }

  /** One of this person's own. */
  async removeCredential(person: PersonRecord, id: string): Promise<Result<void, PersonRefusal>> {
    if (this.#credentials.get(id)?.person !== person.id)
      return fail({ error: 'unknown-credential', message: 'There is no such passkey or token of yours.' });
    await this.#write([{ type: 'delete-credential', id }]);
    this.#credentials.delete(id);
    return ok(undefined);
  }

  #known(id: string): PersonRecord | undefined {
    const read = v.safeParse(PersonId, id);
    return read.success ? this.#people.get(read.output) : undefined;
  }

  #of(person: PersonRecord): CredentialRecord[] {
    return [...this.#credentials.values()].filter((one) => one.person === person.id && !this.#isOver(one));
  }

  #isOver({ expiresAt }: CredentialRecord): boolean {
    return expiresAt !== null && expiresAt <= this.clock.now();
  }

  #isLastOwner({ id, role }: PersonRecord): boolean {
    return (
      role === 'owner' && ![...this.#people.values()].some((one) => one.role === 'owner' && one.id !== id)
    );
  }

  #view({ id, name, role, createdAt }: PersonRecord): PersonView {
    const own = [...this.#credentials.values()].filter((one) => one.person === id && !this.#isOver(one));
    const has = (type: CredentialRecord['secret']['type']): number =>
      own.filter((one) => one.secret.type === type).length;
    return { id, name, role, createdAt, passkeys: has('passkey'), isInvited: has('sign-in-link') > 0 };
  }

  async #link(person: PersonRecord): Promise<string> {
    const code = secret();
    await this.#putCredential(person, this.clock.now() + LINK_LIFETIME_MS, {
      type: 'sign-in-link',
      digest: digestOfText(code),
    });
    return code;
  }

  async #putPerson(change: PersonChange): Promise<PersonRecord> {
    const record: PersonRecord = { id: v.parse(PersonId, shortId()), ...change, createdAt: this.clock.now() };
    await this.#write([{ type: 'put-person', record }]);
    this.#people.set(record.id, record);
    return record;
  }

  #credential(
    person: PersonRecord,
    expiresAt: number | null,
    kept: CredentialRecord['secret'],
  ): CredentialRecord {
    return { id: shortId(), person: person.id, createdAt: this.clock.now(), expiresAt, secret: kept };
  }

  async #putCredential(
    person: PersonRecord,
    expiresAt: number | null,
    kept: CredentialRecord['secret'],
  ): Promise<void> {
    const record = this.#credential(person, expiresAt, kept);
    await this.#write([{ type: 'put-credential', record }]);
    this.#credentials.set(record.id, record);
  }
}

function credentialView({
  id,
  createdAt,
  expiresAt,
  secret: one,
}: CredentialRecord): CredentialView | undefined {
  switch (one.type) {
    case 'passkey':
      return { id, type: 'passkey', name: one.name, scopes: [], createdAt, expiresAt };
    case 'api-token':
      return { id, type: 'api-token', name: one.name, scopes: [...one.scopes], createdAt, expiresAt };
    case 'sign-in-link':
    case 'recovery-code':
      return undefined;
    default:
      return one satisfies never;
  }
}

const unknownPerson = (id: string): { ok: false; error: PersonRefusal } =>
  fail({ error: 'unknown-person', message: `There is nobody ${id.slice(0, 40)} here.` });

const lastOwner = (): { ok: false; error: PersonRefusal } =>
  fail({ error: 'last-owner', message: 'This is the last owner. Make somebody else an owner first.' });
