// A reverse proxy as an operator would set one up: TLS at the front, plain HTTP behind, the host rewritten, and the visitor
// named in X-Forwarded-*.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from '../../server/tls.ts';

export interface ReverseProxy {
  readonly url: string;
  /** Requests start to be passed on. */
  passTo(target: string): void;
  close(): Promise<void>;
}

export async function reverseProxy(certificate: Certificate): Promise<ReverseProxy> {
  let upstream: URL | undefined;
  const sockets = new Set<Socket>();

  const forwarded = (request: IncomingMessage, target: URL): OutgoingHttpHeaders => ({
    ...request.headers,
    host: target.host,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-for': request.socket.remoteAddress ?? '',
  });
  const ask = (request: IncomingMessage, target: URL) =>
    httpRequest({
      host: target.hostname,
      port: target.port,
      method: request.method,
      path: request.url,
      headers: forwarded(request, target),
    });

  const server = createServer(certificate, (request, response) => {
    if (upstream === undefined) return void response.writeHead(502).end();
    const asked = ask(request, upstream);
    asked.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.once('error', () => response.destroy());
    request.pipe(asked);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request: IncomingMessage, visitor: Socket, head: Buffer) => {
    visitor.on('error', () => visitor.destroy());
    if (upstream === undefined) return void visitor.destroy();
    const asked = ask(request, upstream);
    const answerWith = (answer: IncomingMessage): void => {
      const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
      for (let at = 0; at < answer.rawHeaders.length; at += 2)
        lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`);
      visitor.write(`${lines.join('\r\n')}\r\n\r\n`);
    };
    asked.once('upgrade', (answer, socket, first) => {
      answerWith(answer);
      visitor.write(first);
      socket.write(head);
      socket.on('error', () => visitor.destroy());
      socket.once('close', () => visitor.destroy());
      visitor.once('close', () => socket.destroy());
      socket.pipe(visitor).pipe(socket);
    });
    asked.once('response', (answer) => {
      answerWith(answer);
      answer.pipe(visitor);
    });
    asked.once('error', () => visitor.destroy());
    asked.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `https://localhost:${address.port}`,
    passTo: (target) => (upstream = new URL(target)),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
