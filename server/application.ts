// The one seam between the server process and SvelteKit's pages: main.ts (or the dev plugin) composes an Application and
// publishes it; hooks.server.ts hands it to the pages as event.locals. Pages read through it and never reach further.
import type { FederationId, VersionNumber } from '#lib/core/ids.ts';
import type { Role } from '#lib/protocol/people.ts';
import type {
  AliasMove,
  FederationSummary,
  FederationView,
  RoundView,
  VersionView,
} from '#lib/protocol/views.ts';

export interface Application {
  federations(): Promise<readonly FederationSummary[]>;
  federation(id: FederationId): Promise<FederationView | undefined>;
  /** Ascending. */
  versions(id: FederationId): Promise<readonly VersionView[]>;
  version(id: FederationId, version: VersionNumber): Promise<VersionView | undefined>;
  /** Newest first. */
  rounds(id: FederationId, options?: { readonly limit?: number }): Promise<readonly RoundView[]>;
  aliases(id: FederationId): Promise<readonly AliasMove[]>;
  /** Whom the value of the session cookie stands for: somebody who may look at the console at least. */
  person(sessionCookie: string | undefined): { readonly name: string; readonly role: Role } | undefined;
  /** The address under which others reach this server: for invitation links and QR codes. */
  readonly publicUrl: string;
  readonly appVersion: string;
  /** Undefined in development, where files change as they are edited. */
  readonly integrity: PageIntegrity | undefined;
}

/** What holds a page to the files of its build. */
export interface PageIntegrity {
  /** A part of a page, with the hash of every script and style that it names or may import; `modules`: those to be fetched ahead. */
  page(html: string, modules: readonly string[]): string;
  /** What the page's headers have to say of that. */
  hold(headers: Headers): void;
}

export const SESSION_COOKIE = 'tributary_session';

const key = Symbol.for('tributary.application');
type Holder = { [key]?: Application };

export const publishApplication = (application: Application): void => {
  (globalThis as Holder)[key] = application;
};

/** Throws when nothing has been composed: a bug of whoever serves the pages. */
export function publishedApplication(): Application {
  const application = (globalThis as Holder)[key];
  if (application === undefined)
    throw new Error('No Application is published: server/main.ts or the dev plugin must come first.');
  return application;
}
