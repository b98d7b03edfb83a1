// SvelteKit's built handler, told from outside which address a visitor used: it reads that from headers which only we set.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callerOf, type Site } from './http/site.ts';
import { projectFolder } from './project-folder.ts';

type Next = () => void;
export type PageHandler = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

const PROTOCOL = 'x-tributary-protocol';
const HOST = 'x-tributary-host';
const ADDRESS = 'x-tributary-address';

/** There is no build of the pages. */
export class NoBuild extends Error {
  override readonly name = 'NoBuild';
}

/** Imports the build once the Application is published: SvelteKit's hooks ask for it. */
export async function builtPages(): Promise<PageHandler> {
  const file = join(projectFolder(), 'build', 'handler.js');
  if (!existsSync(file))
    throw new NoBuild(`There is no build of the pages (${file}). Run “npm run build” first.`);
  // adapter-node reads these when it is imported, and nothing else of ours does.
  Object.assign(process.env, { PROTOCOL_HEADER: PROTOCOL, HOST_HEADER: HOST, ADDRESS_HEADER: ADDRESS });
  // The pages' own ORIGIN would win over the headers, and be wrong for everybody who comes by another address.
  delete process.env['ORIGIN'];
  delete process.env['PORT_HEADER'];
  const module: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
  if (!isHandlerModule(module))
    throw new NoBuild(`${file} is not a build of the pages. Run “npm run build” again.`);
  return module.handler;
}

const isHandlerModule = (module: unknown): module is { readonly handler: PageHandler } =>
  typeof module === 'object' &&
  module !== null &&
  'handler' in module &&
  typeof module.handler === 'function';

const isolation = {
  // Isolation gives the WASM back end threads; everything we serve is our own, so require-corp costs nothing. A worker's
  // script must say so itself, or an isolated page may not start it: hence on every file, not on pages alone.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy':
    'camera=(self), microphone=(self), accelerometer=(self), gyroscope=(self), geolocation=()',
};

/**
 * A worker is held to the policy of its own script, not to its page's. The workers that read people's files and that train
 * models of them alone are given no way to the network at all; the one that fetches a file from an address may ask other servers, and
 * this is why it is a worker: the policy of a page would hold for every page that is gone to from there. The others may speak to
 * this server alone. None may start another, which would go by that one's policy: without worker-src, script-src would say
 * which may be started (CSP 3, “worker-src”).
 */
export const scriptPolicy = (path: string): string =>
  /\/workers\/(?:ingest|bench)\.worker[.-]/.test(path)
    ? "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'"
    : /\/workers\/fetch\.worker[.-]/.test(path)
      ? "default-src 'none'; script-src 'self'; connect-src https: http://localhost:* http://127.0.0.1:*; worker-src 'none'"
      : "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'none'";

/** Before SvelteKit writes; its own policy for pages replaces ours. */
export function setPageHeaders(site: Site, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
  // Only where its operator says that the server is reached so: a browser remembers it for a year, also of a trial on localhost.
  if (site.publicUrl?.startsWith('https:') === true && callerOf(site, request).protocol === 'https')
    response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path.endsWith('.js')) response.setHeader('Content-Security-Policy', scriptPolicy(path));
}

/** Overwrites whatever a visitor sent under these names. */
export function nameVisitor(site: Site, request: IncomingMessage): void {
  const caller = callerOf(site, request);
  request.headers[PROTOCOL] = caller.protocol;
  request.headers[HOST] = caller.host;
  request.headers[ADDRESS] = caller.address;
}
