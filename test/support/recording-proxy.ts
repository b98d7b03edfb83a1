// A wire tap: a TCP proxy between browsers and server that keeps every byte of both directions, and takes the masks off
// the browsers' WebSocket frames (RFC 6455, §5.3), without which a search would find nothing there and prove nothing.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface RecordingProxy {
  readonly url: string;
  /** Everything that browsers sent: HTTP requests with bodies, WebSocket payloads unmasked. */
  sent(): Buffer;
  /** Breaks every connection, and each new one at once, as a network that is gone. */
  cut(): void;
  /** Lets connections through again. */
  restore(): void;
  close(): Promise<void>;
}

/** The payloads of a client's WebSocket frames, unmasked and joined. */
export function unmaskedPayloads(stream: Buffer): Buffer {
  const payloads: Buffer[] = [];
  let at = 0;
  while (at + 2 <= stream.length) {
    const second = stream[at + 1] ?? 0;
    const masked = (second & 0x80) !== 0;
    let length = second & 0x7f;
    let header = 2;
    if (length === 126) {
      if (at + 4 > stream.length) break;
      length = stream.readUInt16BE(at + 2);
      header = 4;
    } else if (length === 127) {
      if (at + 10 > stream.length) break;
      length = Number(stream.readBigUInt64BE(at + 2));
      header = 10;
    }
    const start = at + header + (masked ? 4 : 0);
    const payload = Buffer.from(stream.subarray(start, start + length));
    if (masked) {
      const mask = stream.subarray(at + header, at + header + 4);
      for (let i = 0; i < payload.length; i += 1) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
    }
    payloads.push(payload, Buffer.from('\n'));
    at = start + length;
  }
  return Buffer.concat(payloads);
}

function clientBytes(raw: Buffer): Buffer {
  const headerEnd = raw.indexOf('\r\n\r\n');
  if (headerEnd < 0 || !/^upgrade: *websocket/im.test(raw.subarray(0, headerEnd).toString('latin1')))
    return raw;
  return Buffer.concat([raw.subarray(0, headerEnd + 4), unmaskedPayloads(raw.subarray(headerEnd + 4))]);
}

export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(target);
  const connections: Buffer[][] = [];
  const sockets = new Set<Socket>();

  let isCut = false;
  const server = createServer((browser) => {
    if (isCut) {
      browser.on('error', () => browser.destroy());
      browser.destroy();
      return;
    }
    const recorded: Buffer[] = [];
    connections.push(recorded);
    const upstream = connect(Number(port), hostname);
    for (const socket of [browser, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()); // a killed server resets its connections: the browser must see that
      socket.on('close', () => {
        sockets.delete(socket);
        browser.destroy();
        upstream.destroy();
      });
    }
    browser.on('data', (chunk: Buffer) => recorded.push(Buffer.from(chunk)));
    browser.pipe(upstream);
    upstream.pipe(browser);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    sent: () => Buffer.concat(connections.map((chunks) => clientBytes(Buffer.concat(chunks)))),
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    restore() {
      isCut = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Whether `text` is in `bytes` as UTF-8, as UTF-16, or inside base64 at any of its three alignments. */
export function holds(bytes: Buffer, text: string): boolean {
  const plain = Buffer.from(text, 'utf8');
  const wide = Buffer.from(text, 'utf16le');
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), plain]).toString('base64');
    // The first and last groups mix with their neighbours.
    return encoded.slice(shift === 0 ? 0 : 4, encoded.length - 4);
  });
  return (
    bytes.includes(plain) ||
    bytes.includes(wide) ||
    base64.some((form) => form.length >= 8 && bytes.includes(form))
  );
}
