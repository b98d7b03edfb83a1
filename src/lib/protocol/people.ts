// People who work the console: what each may do, and by what each shows who it is. Taking part needs none of this.
//
//   POST   /api/session                     { token } of the printed link, a link or a recovery code: sets the cookie
//   POST   /api/session/passkey/options     PasskeyChallenge;  POST /api/session/passkey: PasskeySignIn, sets the cookie
//   GET    /api/me                          OwnAccess                                                        (view)
//   POST   /api/me/passkeys/options         PasskeyOptions;    POST /api/me/passkeys: NewPasskey → OwnAccess
//   POST   /api/me/recovery-codes           MadeRecoveryCodes, in place of the former
//   POST   /api/me/tokens                   NewApiToken → MadeApiToken: Authorization: Bearer <token> from then on
//   DELETE /api/me/credentials/:id          OwnAccess
//   GET    /api/people                      PersonView[]                                                     (manage)
//   POST   /api/people                      PersonChange → MadePerson; PUT and DELETE /api/people/:id → PersonView[]
//   POST   /api/people/:id/link             MadePerson: another way in for who lost all
import * as v from 'valibot';

/** view: look · act: run federations · manage: say who else may. */
export const Permission = v.picklist(['view', 'act', 'manage']);
export type Permission = v.InferOutput<typeof Permission>;

export const Role = v.picklist(['owner', 'coordinator', 'viewer']);
export type Role = v.InferOutput<typeof Role>;

export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['view', 'act', 'manage'],
  coordinator: ['view', 'act'],
  viewer: ['view'],
};

export const PersonId = v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/, '12 hex digits'), v.brand('PersonId'));
export type PersonId = v.InferOutput<typeof PersonId>;

const name = v.pipe(v.string(), v.trim(), v.minLength(1, 'a name'), v.maxLength(80));

export const PersonChange = v.strictObject({ name, role: Role });
export type PersonChange = v.InferOutput<typeof PersonChange>;

export const PersonView = v.strictObject({
  id: PersonId,
  name: v.string(),
  role: Role,
  createdAt: v.number(),
  passkeys: v.number(),
  /** A link that was made for this person and is not used yet. */
  isInvited: v.boolean(),
});
export type PersonView = v.InferOutput<typeof PersonView>;

/** The only answer that holds the code of a sign-in link, "/sign-in?token=<code>": it works once. */
export const MadePerson = v.strictObject({ people: v.array(PersonView), code: v.string() });
export type MadePerson = v.InferOutput<typeof MadePerson>;

/** What a person shows to come in, as far as it may be shown again. */
export const CredentialView = v.strictObject({
  id: v.string(),
  type: v.picklist(['passkey', 'api-token']),
  name: v.string(),
  /** Of a token: what it may do, as far as its person may. */
  scopes: v.array(Permission),
  createdAt: v.number(),
  expiresAt: v.nullable(v.number()),
});
export type CredentialView = v.InferOutput<typeof CredentialView>;

export const OwnAccess = v.strictObject({
  person: PersonView,
  credentials: v.array(CredentialView),
  /** Recovery codes that are not used yet. */
  recoveryCodes: v.number(),
});
export type OwnAccess = v.InferOutput<typeof OwnAccess>;

export const NewApiToken = v.strictObject({
  name,
  scopes: v.pipe(v.array(Permission), v.minLength(1, 'at least one scope'), v.maxLength(3)),
  expiresInMs: v.pipe(v.number(), v.safeInteger(), v.minValue(60_000), v.maxValue(366 * 86_400_000)),
});
export type NewApiToken = v.InferOutput<typeof NewApiToken>;

/** The only answers that hold them. */
export const MadeApiToken = v.strictObject({ access: OwnAccess, token: v.string() });
export const MadeRecoveryCodes = v.strictObject({ access: OwnAccess, codes: v.array(v.string()) });

/** WebAuthn's own JSON (Web Authentication Level 3, §5.1), which the library on the server reads. */
const ceremony = v.record(v.string(), v.unknown());
export const PasskeyOptions = v.strictObject({ options: ceremony });
export const NewPasskey = v.strictObject({ name, response: ceremony });
/** `ceremony`: which challenge the server is to look for. */
export const PasskeyChallenge = v.strictObject({ ceremony: v.string(), options: ceremony });
export const PasskeySignIn = v.strictObject({
  ceremony: v.pipe(v.string(), v.maxLength(100)),
  response: ceremony,
});
