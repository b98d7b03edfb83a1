// Where this server is, as seen from outside: behind a reverse proxy or not, over TLS or not. Who asks, and from which page.
import type { IncomingMessage } from 'node:http';

export interface Site {
  /** X-Forwarded-Proto, -Host and -For are believed. */
  readonly trustProxy: boolean;
  /** This process itself speaks TLS. */
  readonly tls: boolean;
  /** "https://tributary.example": the address under which others reach it, where it was configured. */
  readonly publicUrl: string | undefined;
  /** Further origins whose pages may speak to it. */
  readonly allowedOrigins: readonly string[];
}

const first = (value: string | string[] | undefined): string | undefined => {
  const text = Array.isArray(value) ? value[0] : value;
  const part = text?.split(',')[0]?.trim();
  return part === '' ? undefined : part;
};

/** The proxy appends the address that it saw; what stands before it is the visitor's own claim. */
const last = (value: string | string[] | undefined): string | undefined => {
  const part = (Array.isArray(value) ? value.join(',') : value)?.split(',').at(-1)?.trim();
  return part === '' ? undefined : part;
};

export interface Caller {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly address: string;
}

export function callerOf(site: Site, request: IncomingMessage): Caller {
  const forwarded = (name: string): string | undefined =>
    site.trustProxy ? first(request.headers[name]) : undefined;
  const protocol = forwarded('x-forwarded-proto') ?? (site.tls ? 'https' : 'http');
  return {
    protocol: protocol === 'https' ? 'https' : 'http',
    host: forwarded('x-forwarded-host') ?? request.headers.host ?? 'localhost',
    address:
      (site.trustProxy ? last(request.headers['x-forwarded-for']) : undefined) ??
      request.socket.remoteAddress ??
      'unknown',
  };
}

/**
 * Whether the page that a request comes from may make it. Browsers name the page's origin on every request that changes
 * something and on every WebSocket; programs name none.
 */
export function isAllowedOrigin(site: Site, request: IncomingMessage): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  const caller = callerOf(site, request);
  return (
    origin === `${caller.protocol}://${caller.host}` ||
    (site.publicUrl !== undefined && origin === new URL(site.publicUrl).origin) ||
    site.allowedOrigins.includes(origin)
  );
}

/** Addresses that only this very machine can be meant by, whoever names them. */
const isLoopback = (origin: string): boolean =>
  URL.canParse(origin) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(origin).hostname);

/**
 * The origins under which a visitor may know this server: what is proven to one of them is proven to us. The address that a
 * request names is its sender's own word: it counts on a machine's own loopback, and where no public address is set.
 */
export function audiencesOf(site: Site, request: IncomingMessage): readonly string[] {
  const caller = callerOf(site, request);
  const named = `${caller.protocol}://${caller.host}`;
  const known = [
    ...(site.publicUrl === undefined ? [] : [new URL(site.publicUrl).origin]),
    ...site.allowedOrigins,
  ];
  return site.publicUrl === undefined || isLoopback(named) ? [named, ...known] : known;
}

/** Cookies are kept from plain connections wherever the visitor came by TLS. */
export const isSecure = (site: Site, request: IncomingMessage): boolean =>
  callerOf(site, request).protocol === 'https';

export const cookieOf = (request: IncomingMessage, name: string): string | undefined => {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const split = pair.indexOf('=');
    if (split !== -1 && pair.slice(0, split).trim() === name) return pair.slice(split + 1).trim();
  }
  return undefined;
};
