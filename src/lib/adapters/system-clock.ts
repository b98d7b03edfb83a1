// The clock of the platform, the same in page, worker and Node. `tick` never waits for a timer (clamped to 4 ms, to a minute in
// hidden tabs) nor for a frame (stopped in hidden tabs): it is a MessageChannel in browsers, setImmediate in Node, whose
// message ports hand over a thousand messages before they let timers and sockets have a turn.
import type { Clock } from '../ports/clock.ts';

/** `close` releases the channel. */
export function createSystemClock(): Clock & { close(): void } {
  const ticks = 'setImmediate' in globalThis ? immediates() : channelled();
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, call) {
      // setTimeout counts in 31 bits; a longer wait would fire at once.
      const timer = setTimeout(call, Math.min(ms, 0x7fffffff));
      return () => clearTimeout(timer);
    },
    ...ticks,
  };
}

const immediates = (): Pick<Clock, 'tick'> & { close(): void } => ({
  tick: () => new Promise((resolve) => setImmediate(resolve)),
  close: () => {},
});

function channelled(): Pick<Clock, 'tick'> & { close(): void } {
  const waiting: (() => void)[] = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => waiting.shift()?.();
  return {
    tick: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        channel.port2.postMessage(null);
      }),
    close: () => channel.port1.close(),
  };
}
