// Counts what crosses the link, by kind. Bodies are exact; what HTTP and the WebSocket put round them is estimated.
import type { LinkBytes } from '../../ports/coordinator-link.ts';

/** Request line and headers that a browser sends and a server answers with, measured on this server without a proxy. */
export const REQUEST_HEADER_BYTES = 450;
export const RESPONSE_HEADER_BYTES = 350;

/** Length in UTF-8, without making the bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units here and four bytes there.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** A WebSocket frame round `payload` bytes (RFC 6455, §5.2); what a client sends is masked. */
export const frameBytes = (payload: number, masked: boolean): number =>
  payload + 2 + (masked ? 4 : 0) + (payload > 65_535 ? 8 : payload > 125 ? 2 : 0);

export interface ByteCounter {
  readonly bytes: LinkBytes;
  add(kind: keyof LinkBytes, count: number): void;
  onBytes(handler: (bytes: LinkBytes) => void): () => void;
}

export function createByteCounter(): ByteCounter {
  let bytes: LinkBytes = { modelDown: 0, updateUp: 0, controlUp: 0, controlDown: 0 };
  const handlers = new Set<(bytes: LinkBytes) => void>();
  return {
    get bytes() {
      return bytes;
    },
    add(kind, count) {
      if (count === 0) return;
      bytes = { ...bytes, [kind]: bytes[kind] + count };
      for (const handler of handlers) handler(bytes);
    },
    onBytes(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
