// SvelteKit's built handler, told from outside which address a visitor used: it reads that from headers which only we set.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callerOf, type Site } from './http/site.ts';
import { projectFolder } from './program.ts';

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
  if (!existsSync(file)) throw new NoBuild(`There is no build of the pages (${file}). Run “npm run build” first.`);
  // adapter-node reads these when it is imported, and nothing else of ours does.
  Object.assign(process.env, { PROTOCOL_HEADER: PROTOCOL, HOST_HEADER: HOST, ADDRESS_HEADER: ADDRESS });
  // The pages' own ORIGIN would win over the headers, and be wrong for everybody who comes by another address.
  delete process.env['ORIGIN'];
  delete process.env['PORT_HEADER'];
  const module: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
  if (!isHandlerModule(module)) throw new NoBuild(`${file} is not a build of the pages. Run “npm run build” again.`);
  return module.handler;
}

const isHandlerModule = (module: unknown): module is { readonly handler: PageHandler } =>
  typeof module === 'object' && module !== null && 'handler' in module && typeof module.handler === 'function';

/** Overwrites whatever a visitor sent under these names. */
export function nameVisitor(site: Site, request: IncomingMessage): void {
  const caller = callerOf(site, request);
  request.headers[PROTOCOL] = caller.protocol;
  request.headers[HOST] = caller.host;
  request.headers[ADDRESS] = caller.address;
}

/**
 * What SvelteKit's hooks set on pages must stand on scripts too: a page with COEP refuses a worker whose script comes without it.
 */
export function isolate(response: ServerResponse): void {
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('X-Content-Type-Options', 'nosniff');
}
