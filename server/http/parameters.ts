// GET /api/parameters/:digest: a version's bytes, which never change: cached for good, and resumed by Range (RFC 9110, §14).
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { Digest } from '#lib/core/ids.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Blobs } from '../ports/blobs.ts';
import { damagedVersion, empty, missingBytes, unknownPath, type Reply } from './reply.ts';

export type ByteRange = { readonly start: number; readonly end: number } | 'whole' | 'unsatisfiable';

/** One range of `size` bytes, `end` exclusive. Several ranges, or another unit, count as none: the whole is sent. */
export function readRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null) return 'whole';
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return 'whole';
  if (from === '') {
    const last = Number(to);
    return last === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - last), end: size };
  }
  const start = Number(from);
  if (to !== '' && Number(to) < start) return 'whole';
  if (start >= size) return 'unsatisfiable';
  return { start, end: to === '' ? size : Math.min(size, Number(to) + 1) };
}

export async function getParameters(
  request: IncomingMessage,
  name: string,
  coordinator: Coordinator,
  blobs: Blobs,
): Promise<Reply> {
  const read = v.safeParse(Digest, name);
  const standing = read.success ? coordinator.parametersAt(read.output) : 'unknown';
  if (!read.success || standing === 'unknown') return unknownPath();
  if (standing === 'damaged') return damagedVersion();
  const digest = read.output;
  const size = await blobs.size(digest);
  if (size === undefined) return missingBytes();
  const headers = {
    'cache-control': 'public, max-age=31536000, immutable, no-transform',
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  };
  if (request.headers['if-none-match']?.includes(digest) === true) return empty(304, headers);
  const range = readRange(request.headers.range, size);
  if (range === 'unsatisfiable') return empty(416, { 'content-range': `bytes */${size}` });
  const { start, end } = range === 'whole' ? { start: 0, end: size } : range;
  const length = { 'content-length': String(end - start) };
  if (request.method === 'HEAD') return empty(200, { ...headers, 'content-length': String(size) });
  return {
    status: range === 'whole' ? 200 : 206,
    headers:
      range === 'whole'
        ? { ...headers, ...length }
        : { ...headers, ...length, 'content-range': `bytes ${start}-${end - 1}/${size}` },
    body: await blobs.stream(digest, start, end),
    sent: () => coordinator.countDownload(digest, end - start),
  };
}
