// Opens the console's socket to the page's own origin: WebSocket only, as the server serves nothing else.
import { io } from 'socket.io-client';
import type { Handshake } from '#lib/protocol/handshake.ts';
import type { WatchSocket } from './console-live.svelte.ts';

export const watchSocket = (handshake: Handshake): WatchSocket =>
  io({ transports: ['websocket'], auth: handshake, reconnectionDelayMax: 5_000 });

/** Every half second, until undone. */
export function everyHalfSecond(tick: () => void): () => void {
  const timer = setInterval(tick, 500);
  return () => clearInterval(timer);
}
