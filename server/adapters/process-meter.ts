// What this process has spent, by the operating system's count.
import type { Meter } from '../ports/meter.ts';

/** Whole milliseconds: the clocks behind it are no finer. */
export function processMeter(): Meter {
  const { user, system } = process.cpuUsage();
  // Microseconds, and kilobytes (getrusage, as libuv has it on every platform).
  return {
    cpuMs: Math.round((user + system) / 1000),
    largestBytes: process.resourceUsage().maxRSS * 1024,
  };
}
