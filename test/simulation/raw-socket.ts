// A WebSocket written by hand (RFC 6455), to send what no library would.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface RawSocket {
  /** Undefined: the server let it in. Else the status that refused it, or 0 where the connection just ended. */
  readonly refused: number | undefined;
  /** What the server called this connection. */
  readonly number: Promise<string>;
  text(payload: string): void;
  /** Any bytes on the wire. */
  bytes(payload: Uint8Array): void;
  /** Reads no byte from now on, as far as its own buffers are not filled yet. */
  stopReading(): void;
  readonly closed: Promise<void>;
  close(): void;
}

export function rawSocket(port: number): Promise<RawSocket> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let tellNumber = (_: string): void => {};
  const number = new Promise<string>((resolve) => (tellNumber = resolve));
  let heard = '';
  socket.on('data', (data) => {
    if (heard.length > 10_000) return;
    heard += data.toString('latin1');
    const [, sid] = /"sid":"([^"]+)"/.exec(heard) ?? [];
    if (sid !== undefined) tellNumber(sid);
  });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const made = (refused: number | undefined): RawSocket => ({
    refused,
    closed,
    number,
    text: (payload) => void socket.write(frame(Buffer.from(payload))),
    bytes: (payload) => void socket.write(payload),
    stopReading: () => void socket.pause(),
    close: () => void socket.destroy(),
  });
  return new Promise((resolve) => {
    socket.once('data', (data) => {
      socket.resume();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString('latin1'))?.[1] ?? 0);
      resolve(made(status === 101 ? undefined : status));
    });
    socket.once('close', () => resolve(made(0)));
  });
}

/** One masked text frame. */
function frame(payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : payload.length < 65_536
        ? Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255])
        : Buffer.concat([
            Buffer.from([0x81, 0x80 | 127, 0, 0, 0, 0]),
            Buffer.from(Uint32Array.of(payload.length).buffer).reverse(),
          ]);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ mask[index % 4]!)]);
}
