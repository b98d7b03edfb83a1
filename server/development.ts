// `vite dev`: the same application on Vite's own HTTP server. Data lies in ./data, as with `npm start`; edited server code does
// not replace a running coordinator: restart Vite.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { pino } from 'pino';
import { publishApplication } from './application.ts';
import { pricesOf, readConfiguration } from './configuration.ts';
import { openGateway } from './gateway/gateway.ts';
import { setPageHeaders } from './pages.ts';
import { openProgram } from './program.ts';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export async function attachDevelopment(
  httpServer: Server,
  use: (handler: Middleware) => void,
): Promise<void> {
  const configuration = readConfiguration();
  const log = pino({ level: configuration.logLevel }, pino.destination({ dest: 2, sync: true }));
  const site = {
    trustProxy: configuration.trustProxy,
    tls: false,
    publicUrl: configuration.publicUrl,
    allowedOrigins: configuration.allowedOrigins,
  };
  const address = (): string => {
    const bound = httpServer.address();
    return (
      configuration.publicUrl ??
      `http://localhost:${bound !== null && typeof bound === 'object' ? bound.port : 3000}`
    );
  };
  const show = (token: string): void => console.log(`  Sign in: ${address()}/sign-in?token=${token}`);
  const program = await openProgram({
    data: configuration.data,
    prices: pricesOf(configuration),
    site,
    log,
    publicUrl: address,
    integrity: undefined,
    onTokenUsed: show,
    fatal: (error) => {
      log.fatal({ error: String(error) }, 'what was to be kept may not be on disk: the server ends');
      process.exit(1);
    },
  });
  publishApplication(program.application);
  use((request, response, next) => {
    if (program.api(request, response)) return;
    setPageHeaders(site, request, response);
    next();
  });
  const gateway = openGateway(
    httpServer,
    {
      coordinator: program.coordinator,
      tokens: program.tokens,
      reputation: program.reputation,
      site,
      clock: program.clock,
      log,
      mostConnections: configuration.mostConnections,
      mostConnectionsByAddress: configuration.mostConnectionsByAddress,
    },
    // Vite's own WebSocket comes to the same server.
    true,
  );
  httpServer.once('listening', () => show(program.sessions.token));
  httpServer.once('close', () => {
    gateway
      .close()
      .then(() => program.close())
      .catch((error: unknown) => log.error({ error: String(error) }, 'the server did not close cleanly'));
  });
}
