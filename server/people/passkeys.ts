// Passkeys (WebAuthn): made by a person who is signed in, and shown to sign in without a name. What is read and checked of the
// authenticators' answers is @simplewebauthn/server's; here lie the challenges, each good once and for a few minutes.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { audiencesOf, callerOf, type Site } from '../http/site.ts';
import type { Clock } from '../ports/clock.ts';
import type { PersonRecord } from '../ports/records.ts';
import type { People } from './people.ts';

const CHALLENGE_MS = 5 * 60_000;
/** Challenges that wait at one time: whoever asks for more pushes the oldest out. */
const MOST_CHALLENGES = 1_000;

export class Passkeys {
  /** By ceremony; in the order in which they were asked for. */
  readonly #challenges = new Map<string, { readonly challenge: string; readonly endsAt: number }>();

  constructor(
    private readonly people: People,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly site: Site,
  ) {}

  /** What the browser needs to make one. */
  async registration(person: PersonRecord, request: IncomingMessage) {
    const rpID = this.#hostOf(request);
    if (isNumber(rpID)) return fail(needsName(rpID));
    const options = await generateRegistrationOptions({
      rpName: 'Tributary',
      rpID,
      userName: person.name,
      userID: new TextEncoder().encode(person.id),
      // Whose make the authenticator is, is nobody's business.
      attestationType: 'none',
      excludeCredentials: this.people.passkeysOf(person).map((id) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    this.#keep(person.id, options.challenge);
    return ok(options);
  }

  /** Whether it is kept now; else why not. */
  async register(
    person: PersonRecord,
    name: string,
    response: unknown,
    request: IncomingMessage,
  ): Promise<Result<void, string>> {
    const challenge = this.#take(person.id);
    if (challenge === undefined) return fail('That took too long. Try again.');
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        // The library reads what it is given, whatever its type says.
        response: response as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: [...audiencesOf(this.site, request)],
        expectedRPID: this.#hostOf(request),
      });
      if (!verified) return fail('The passkey could not be verified.');
      const { credential } = registrationInfo;
      if (this.people.passkey(credential.id) !== undefined) return fail('This passkey is known already.');
      await this.people.keepPasskey(person, credential.id, {
        name,
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: credential.transports ?? [],
      });
      return ok(undefined);
    } catch (error) {
      return fail(`The passkey could not be verified: ${message(error)}`);
    }
  }

  /** What the browser needs to show one, whosever it is. */
  async challenge(request: IncomingMessage) {
    const rpID = this.#hostOf(request);
    if (isNumber(rpID)) return fail(needsName(rpID));
    const ceremony = randomBytes(16).toString('base64url');
    const options = await generateAuthenticationOptions({
      rpID,
      userVerification: 'required',
    });
    this.#keep(ceremony, options.challenge);
    return ok({ ceremony, options });
  }

  /** Whose passkey it is; else why it opens nothing. */
  async signIn(
    ceremony: string,
    response: unknown,
    request: IncomingMessage,
  ): Promise<Result<PersonRecord, string>> {
    const challenge = this.#take(ceremony);
    if (challenge === undefined) return fail('That took too long. Try again.');
    const shown = response as AuthenticationResponseJSON;
    const known = typeof shown.id === 'string' ? this.people.passkey(shown.id) : undefined;
    if (known === undefined)
      return fail(
        'This server does not know that passkey. It may have been removed: use another way to sign in.',
      );
    const { person, passkey } = known;
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: shown,
        expectedChallenge: challenge,
        expectedOrigin: [...audiencesOf(this.site, request)],
        expectedRPID: this.#hostOf(request),
        credential: {
          id: shown.id,
          publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
          counter: passkey.counter,
        },
      });
      if (!verified) return fail('The passkey could not be verified.');
      const { newCounter } = authenticationInfo;
      if (newCounter !== passkey.counter)
        await this.people.keepPasskey(person, shown.id, { ...passkey, counter: newCounter });
      return ok(person);
    } catch (error) {
      return fail(`The passkey could not be verified: ${message(error)}`);
    }
  }

  /** A passkey belongs to a host; the port may change. */
  #hostOf(request: IncomingMessage): string {
    const { publicUrl } = this.site;
    return publicUrl === undefined
      ? new URL(`http://${callerOf(this.site, request).host}`).hostname
      : new URL(publicUrl).hostname;
  }

  #keep(ceremony: string, challenge: string): void {
    this.#challenges.delete(ceremony);
    this.#challenges.set(ceremony, { challenge, endsAt: this.clock.monotonic() + CHALLENGE_MS });
    for (const oldest of this.#challenges.keys()) {
      if (this.#challenges.size <= MOST_CHALLENGES) break;
      this.#challenges.delete(oldest);
    }
  }

  #take(ceremony: string): string | undefined {
    const kept = this.#challenges.get(ceremony);
    this.#challenges.delete(ceremony);
    return kept !== undefined && kept.endsAt > this.clock.monotonic() ? kept.challenge : undefined;
  }
}

/** Browsers tie a passkey to a name, and to no address (Web Authentication Level 3, §5.1.3, step 7). */
const isNumber = (host: string): boolean => isIP(host.replace(/^\[|\]$/g, '')) !== 0;
const needsName = (host: string): string =>
  `Passkeys need a server with a name, and ${host} is an address. Open it as localhost, or by its name.`;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
