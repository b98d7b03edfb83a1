// The composition root: one HTTP(S) server with the API, the sockets and the pages on it.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { once } from 'node:events';
import { pino } from 'pino';
import { keyFingerprint } from '#lib/core/digest.ts';
import { publishApplication, type Application } from './application.ts';
import { pricesOf, readConfiguration, type Configuration } from './configuration.ts';
import type { Coordinator } from './coordinator/coordinator.ts';
import type { Upstream } from './coordinator/upstream.ts';
import { openGateway } from './gateway/gateway.ts';
import { boundConnections, HANDSHAKE_MS, serverOptions } from './http/bounds.ts';
import type { Site } from './http/site.ts';
import { builtPages, nameVisitor, setPageHeaders, type PageHandler } from './pages.ts';
import { builtIntegrity } from './page-integrity.ts';
import { openProgram } from './program.ts';
import { localAddresses, ownCertificate, readCertificate } from './tls.ts';

export interface ServerOptions extends Partial<Configuration> {
  /** `none`: API and sockets alone, for tests. */
  readonly pages?: 'built' | 'none';
  /** A durable write failed. Default: log it and end the process with status 1. */
  readonly fatal?: (error: unknown) => void;
  /** A sign-in link was used: the next one. */
  readonly onSignInUrl?: (url: string) => void;
  /** Where the server is an edge. */
  readonly upstream?: Upstream;
}

export interface RunningServer {
  /** "http://localhost:3000", or the public address where one was configured. */
  readonly url: string;
  readonly port: number;
  /** Good for one sign-in; another takes its place when it is used. */
  readonly signInUrl: string;
  /** Addresses for other machines of the local network. */
  readonly networkUrls: readonly string[];
  readonly application: Application;
  readonly coordinator: Coordinator;
  /** Rounds persist. Safe to call twice. */
  close(): Promise<void>;
}

/** Rejects with a sentence where the configuration, the data directory, the port or the build is not right. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { pages = 'built', fatal, onSignInUrl, upstream, ...given } = options;
  const configuration = { ...readConfiguration({}), ...given };
  const { tlsCert, tlsKey, data, publicUrl } = configuration;
  // Standard output is for people; the log goes beside it.
  const log = pino({ level: configuration.logLevel }, pino.destination({ dest: 2, sync: true }));
  const end = (error: unknown): void => {
    log.fatal(
      { error: error instanceof Error ? error.stack : String(error) },
      'what was to be kept may not be on disk: the server ends',
    );
    process.exit(1);
  };
  const tls = tlsCert !== undefined || configuration.https;
  const site: Site = {
    trustProxy: configuration.trustProxy,
    tls,
    publicUrl,
    allowedOrigins: configuration.allowedOrigins,
  };
  let url = publicUrl ?? '';
  const signInUrl = (token: string): string => `${url}/sign-in?token=${token}`;
  const program = await openProgram({
    data,
    prices: pricesOf(configuration),
    site,
    log,
    publicUrl: () => url,
    integrity: pages === 'built' ? builtIntegrity() : undefined,
    onTokenUsed: (token) => onSignInUrl?.(signInUrl(token)),
    fatal: fatal ?? end,
    ...(upstream === undefined ? {} : { upstream }),
  });
  try {
    publishApplication(program.application);
    const handler = pages === 'built' ? await builtPages() : undefined;
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      if (!program.api(request, response)) showPage(site, handler, request, response);
    };
    const server = tls
      ? createHttpsServer(
          {
            ...serverOptions(),
            handshakeTimeout: HANDSHAKE_MS,
            ...(tlsCert !== undefined && tlsKey !== undefined
              ? await readCertificate(tlsCert, tlsKey)
              : await ownCertificate(data)),
          },
          answer,
        )
      : createHttpServer(serverOptions(), answer);
    server.maxHeadersCount = 100;
    boundConnections(server, {
      most: configuration.mostConnections,
      mostByAddress: configuration.trustProxy ? null : configuration.mostConnectionsByAddress,
      tls,
      log,
    });
    const gateway = openGateway(server, {
      coordinator: program.coordinator,
      tokens: program.tokens,
      reputation: program.reputation,
      site,
      clock: program.clock,
      log,
      mostConnections: configuration.mostConnections,
      mostConnectionsByAddress: configuration.mostConnectionsByAddress,
    });
    const port = await listen(server, configuration.port, configuration.host);
    const scheme = tls ? 'https' : 'http';
    url = publicUrl ?? `${scheme}://${shownHost(configuration.host)}:${port}`;
    log.info({ url, data, key: keyFingerprint(program.key.publicKey) }, 'the server listens');

    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await gateway.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await program.close();
    };
    return {
      url,
      port,
      get signInUrl() {
        return signInUrl(program.sessions.token);
      },
      networkUrls:
        configuration.host === undefined
          ? localAddresses().map((address) => `${scheme}://${address}:${port}`)
          : [],
      application: program.application,
      coordinator: program.coordinator,
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await program.close();
    throw error;
  }
}

function showPage(
  site: Site,
  handler: PageHandler | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const nothing = (): void => {
    response
      .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      .end('There is nothing at this address.');
  };
  // What socket.io did not take of its own path (a plugin, a scanner) is not a page.
  if (handler === undefined || request.url?.startsWith('/socket.io/') === true) return nothing();
  nameVisitor(site, request);
  setPageHeaders(site, request, response);
  handler(request, response, nothing);
}

async function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  try {
    await listening;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Error(
        `Port ${port} is taken by another program. Choose another with --port, or end that one.`,
        { cause: error },
      );
    throw error;
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
  return address.port;
}

const shownHost = (host: string | undefined): string => {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};
