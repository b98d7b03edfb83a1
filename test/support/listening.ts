// A server of a test on a free port of this machine.
import { once } from 'node:events';
import type { Server } from 'node:http';

/** Its origin, once it listens. Whoever asks closes it. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}
