// Counts what crosses the link, by kind and piece by piece. Bodies are exact; what HTTP and the WebSocket put round them is estimated.
import type { Crossing, LinkBytes } from '../../ports/coordinator-link.ts';

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

/** What is kept of the single crossings. */
export const MOST_CROSSINGS = 500;

export interface ByteCounter {
  readonly bytes: LinkBytes;
  /** Oldest first. */
  readonly crossings: readonly Crossing[];
  /** @param what of which message or request these bytes are */
  add(kind: keyof LinkBytes, count: number, what: string): void;
  onBytes(handler: (bytes: LinkBytes) => void): () => void;
}

export function createByteCounter(now: () => number = Date.now): ByteCounter {
  let bytes: LinkBytes = { modelDown: 0, updateUp: 0, controlUp: 0, controlDown: 0 };
  const crossings: Crossing[] = [];
  const handlers = new Set<(bytes: LinkBytes) => void>();
  /** Where these bytes belong to what was counted before: pieces of one body, and heartbeats, of which there is no end. */
  const placeOf = (kind: keyof LinkBytes, what: string): number =>
    what === 'heartbeat'
      ? crossings.findLastIndex((one) => one.kind === kind && one.what === what)
      : crossings.at(-1)?.kind === kind && crossings.at(-1)?.what === what
        ? crossings.length - 1
        : -1;
  return {
    get bytes() {
      return bytes;
    },
    crossings,
    add(kind, count, what) {
      if (count === 0) return;
      bytes = { ...bytes, [kind]: bytes[kind] + count };
      const place = placeOf(kind, what);
      const before = crossings[place];
      if (before === undefined) crossings.push({ at: now(), kind, what, bytes: count, times: 1 });
      else crossings[place] = { ...before, bytes: before.bytes + count, times: before.times + 1 };
      if (crossings.length > MOST_CROSSINGS) crossings.shift();
      for (const handler of handlers) handler(bytes);
    },
    onBytes(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
