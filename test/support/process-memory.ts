// What a child process holds in memory, byte for byte (Linux: a parent may read its child's).
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Hands on every writable part of the memory of process `pid`; a part that goes while it is read is left out. */
export function eachWritablePart(pid: number, read: (bytes: Buffer) => void): number {
  let total = 0;
  const file = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      const length = Number(BigInt(`0x${to}`) - BigInt(`0x${from}`));
      // Reserved, and mostly never touched: V8's cage.
      if (length > 2 ** 31) continue;
      const bytes = Buffer.alloc(length);
      try {
        const got = readSync(file, bytes, 0, length, Number(BigInt(`0x${from}`)));
        total += got;
        read(bytes.subarray(0, got));
      } catch {
        // Unmapped since the list was read, or a device's.
      }
    }
  } finally {
    closeSync(file);
  }
  return total;
}
