// What this process spends, by the operating system's count. It keeps the most memory since the process began alone: what was held in
// a stretch of time is looked at now and then, and is known exactly where it was more than ever before.
import type { Meter } from '../ports/meter.ts';

const EVERY_MS = 1000;

export interface ProcessLooks {
  /** Processor time since the process began, whole milliseconds: the clocks behind it are no finer. */
  readonly cpuMs: number;
  /** Bytes that it holds, and the most that it ever held. */
  readonly presentBytes: number;
  readonly largestEver: number;
}

function look(): ProcessLooks {
  const { user, system } = process.cpuUsage();
  // Microseconds, and kilobytes (getrusage, as libuv has it on every platform).
  return {
    cpuMs: Math.round((user + system) / 1000),
    presentBytes: process.memoryUsage.rss(),
    largestEver: process.resourceUsage().maxRSS * 1024,
  };
}

export interface ProcessMeter {
  readonly meter: Meter;
  /** Looks once more at what is held; by itself each second. */
  look(): void;
  close(): void;
}

export function openProcessMeter(from: () => ProcessLooks = look): ProcessMeter {
  /** In order of time, each less than all before it: of any stretch up to now, the first that lies in it is its largest. */
  const seen: { readonly at: number; readonly bytes: number }[] = [];
  let looks = 0;
  const note = (): ProcessLooks => {
    const now = from();
    while ((seen.at(-1)?.bytes ?? Infinity) <= now.presentBytes) seen.pop();
    seen.push({ at: (looks += 1), bytes: now.presentBytes });
    return now;
  };
  const timer = setInterval(note, EVERY_MS);
  timer.unref();
  return {
    meter() {
      const begun = note();
      const since = looks;
      return () => {
        const now = note();
        const largestSeen = seen.find(({ at }) => at >= since)?.bytes ?? now.presentBytes;
        return {
          cpuMs: now.cpuMs - begun.cpuMs,
          largestBytes:
            now.largestEver > begun.largestEver ? Math.max(now.largestEver, largestSeen) : largestSeen,
        };
      };
    },
    look: () => void note(),
    close: () => clearInterval(timer),
  };
}
