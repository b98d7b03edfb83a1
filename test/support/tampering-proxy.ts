// A proxy that flips one bit in every file of parameters on its way to the browser, and lets everything else through:
// a damaged cache, or a liar between server and device.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface TamperingProxy {
  readonly url: string;
  /** Files of parameters that were changed so far. */
  tampered(): number;
  close(): Promise<void>;
}

export async function tamperingProxy(target: string): Promise<TamperingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let tampered = 0;
  const server = createServer((asked, answer) => {
    const headers = { ...asked.headers };
    const passed = request({ hostname, port, path: asked.url, method: asked.method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      const isParameters = (asked.url ?? '').startsWith('/api/parameters/');
      let first = true;
      given.on('data', (chunk: Buffer) => {
        if (isParameters && first && chunk.length > 0) {
          chunk[0] = (chunk[0] ?? 0) ^ 1;
          first = false;
          tampered += 1;
        }
        answer.write(chunk);
      });
      given.on('end', () => answer.end());
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (asked, browser: Socket, head: Buffer) => {
    const upstream = connect(Number(port), hostname, () => {
      const lines = asked.rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [`${name}: ${asked.rawHeaders[index + 1] ?? ''}`] : [],
      );
      upstream.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      browser.pipe(upstream).pipe(browser);
    });
    for (const socket of [browser, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        browser.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    tampered: () => tampered,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
