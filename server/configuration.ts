// The only reader of the environment. Flags win over variables, variables over defaults; both go through one schema.
import * as v from 'valibot';
import type { Prices } from '#lib/protocol/costs.ts';

const flag = v.union([
  v.boolean(),
  v.pipe(
    v.picklist(['1', 'true', 'yes', '0', 'false', 'no', '']),
    v.transform((text) => ['1', 'true', 'yes'].includes(text)),
  ),
]);
const whole = (minimum: number, maximum: number) =>
  v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/, 'a whole number'), v.transform(Number))]),
    v.safeInteger(),
    v.minValue(minimum, `a number not below ${minimum}`),
    v.maxValue(maximum, `a number not above ${maximum}`),
  );
const PRICE = 'a price in your currency, such as 0.05';
const price = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/), v.transform(Number))], PRICE),
  v.finite(PRICE),
  v.minValue(0, PRICE),
);
const origin = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'an address such as https://tributary.example',
  ),
  v.transform((text) => new URL(text).origin),
);
const list = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((given) =>
    (typeof given === 'string' ? given.split(',') : given)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
  v.array(origin),
);

export const Configuration = v.pipe(
  v.object({
    /** Undefined: every address of this machine. */
    host: v.optional(v.string()),
    port: v.optional(whole(0, 65_535), 3000),
    data: v.optional(v.pipe(v.string(), v.minLength(1)), './data'),
    tlsCert: v.optional(v.string()),
    tlsKey: v.optional(v.string()),
    https: v.optional(flag, false),
    publicUrl: v.optional(origin),
    trustProxy: v.optional(flag, false),
    allowedOrigins: v.optional(list, []),
    logLevel: v.optional(v.picklist(['fatal', 'error', 'warn', 'info', 'debug', 'silent']), 'info'),
    mostConnections: v.optional(whole(1, 1_000_000), 20_000),
    mostConnectionsByAddress: v.optional(whole(1, 1_000_000), 300),
    priceCpuHour: v.optional(price),
    priceGbOut: v.optional(price),
  }),
  v.check(
    (given) => (given.tlsCert === undefined) === (given.tlsKey === undefined),
    'a certificate and its key, both: --tls-cert and --tls-key',
  ),
);
export type Configuration = v.InferOutput<typeof Configuration>;
type Setting = keyof Configuration;

/** Flag, environment variable and what they mean: `--help` and the README say no more and no less. */
export const settings: Readonly<
  Record<Setting, { readonly flag: string; readonly variable: string; readonly help: string }>
> = {
  host: {
    flag: '--host <address>',
    variable: 'HOST',
    help: 'address to listen on (default: every address of this machine)',
  },
  port: {
    flag: '--port <number>',
    variable: 'PORT',
    help: 'port to listen on; 0 takes a free one (default: 3000)',
  },
  data: {
    flag: '--data <directory>',
    variable: 'TRIBUTARY_DATA',
    help: 'where everything is kept (default: ./data)',
  },
  tlsCert: {
    flag: '--tls-cert <file>',
    variable: 'TLS_CERT',
    help: 'certificate (PEM); with --tls-key the server speaks HTTPS',
  },
  tlsKey: { flag: '--tls-key <file>', variable: 'TLS_KEY', help: 'key of the certificate (PEM)' },
  https: {
    flag: '--https',
    variable: 'TRIBUTARY_HTTPS',
    help: 'speak HTTPS with a certificate made for this machine and kept with the data',
  },
  publicUrl: {
    flag: '--public-url <url>',
    variable: 'PUBLIC_URL',
    help: 'address under which others reach the server, for links and QR codes',
  },
  trustProxy: {
    flag: '--trust-proxy',
    variable: 'TRUST_PROXY',
    help: 'believe X-Forwarded-Proto, -Host and -For: behind a reverse proxy only',
  },
  allowedOrigins: {
    flag: '--allowed-origins <urls>',
    variable: 'ALLOWED_ORIGINS',
    help: 'further sites whose pages may speak to this server, with commas',
  },
  logLevel: {
    flag: '--log-level <level>',
    variable: 'LOG_LEVEL',
    help: 'fatal, error, warn, info, debug or silent (default: info)',
  },
  mostConnections: {
    flag: '--most-connections <number>',
    variable: 'MOST_CONNECTIONS',
    help: 'connections at one time (default: 20000)',
  },
  mostConnectionsByAddress: {
    flag: '--most-connections-by-address <number>',
    variable: 'MOST_CONNECTIONS_BY_ADDRESS',
    help: 'connections of one address at one time; a class behind one router shares it (default: 300)',
  },
  priceCpuHour: {
    flag: '--price-cpu-hour <price>',
    variable: 'PRICE_CPU_HOUR',
    help: 'what an hour of one processor core costs you, in your currency: the console says what rounds cost (default: not said)',
  },
  priceGbOut: {
    flag: '--price-gb-out <price>',
    variable: 'PRICE_GB_OUT',
    help: 'what 10⁹ bytes that leave the server cost you, likewise (default: not said)',
  },
};

export const pricesOf = ({ priceCpuHour, priceGbOut }: Configuration): Prices => ({
  cpuHour: priceCpuHour ?? null,
  gigabyteOut: priceGbOut ?? null,
});

/** The configuration is not right; the message names each setting. */
export class ConfigurationFault extends Error {
  override readonly name = 'ConfigurationFault';
}

/** `flags` by the setting's name, as commander gives them. Throws ConfigurationFault. */
export function readConfiguration(
  flags: Readonly<Record<string, unknown>> = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const given: Record<string, unknown> = {};
  for (const [name, { variable }] of Object.entries(settings)) {
    const value = flags[name] ?? environment[variable];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const read = v.safeParse(Configuration, given);
  if (read.success) return read.output;
  const lines = read.issues.map((issue) => {
    const path = v.getDotPath(issue)?.split('.')[0];
    const setting = Object.entries(settings).find(([name]) => name === path)?.[1];
    const name = setting === undefined ? '' : `${setting.flag.split(' ')[0]} (or ${setting.variable}): `;
    return `${name}${issue.message}${setting === undefined ? '' : `, but got ${JSON.stringify(given[path ?? ''])}`}`;
  });
  throw new ConfigurationFault(lines.join('\n'));
}

/** The variable by which commands that act for a coordinator are let in: on a command line every process of the machine could read it. */
export const TOKEN_VARIABLE = 'TRIBUTARY_TOKEN';

/** An API token of the console. Throws ConfigurationFault where there is none. */
export function readToken(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const token = environment[TOKEN_VARIABLE]?.trim() ?? '';
  if (token !== '') return token;
  throw new ConfigurationFault(
    `${TOKEN_VARIABLE} is not set: put an API token into it, made in the console under People, with the scope to look and to act.`,
  );
}
