// The clock of the platform, the same in page, worker and Node. `tick` is a MessageChannel: a timer would be clamped to 4 ms
// (to a minute in hidden tabs), and requestAnimationFrame stops in them altogether.
import type { Clock } from '../ports/clock.ts';

/** `close` releases the channel, which would otherwise keep a Node process alive while a tick is awaited. */
export function createSystemClock(): Clock & { close(): void } {
  const waiting: (() => void)[] = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => waiting.shift()?.();
  // Node counts an open port as work to wait for; a tick in flight holds the process, an idle port must not.
  const hold = (port: MessagePort, busy: boolean): void => {
    if ('ref' in port && typeof port.ref === 'function' && 'unref' in port && typeof port.unref === 'function')
      busy ? port.ref() : port.unref();
  };
  hold(channel.port1, false);
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, call) {
      // setTimeout counts in 31 bits; a longer wait would fire at once.
      const timer = setTimeout(call, Math.min(ms, 0x7fffffff));
      return () => clearTimeout(timer);
    },
    tick: () =>
      new Promise((resolve) => {
        hold(channel.port1, true);
        waiting.push(() => {
          if (waiting.length === 0) hold(channel.port1, false);
          resolve();
        });
        channel.port2.postMessage(null);
      }),
    close: () => channel.port1.close(),
  };
}
