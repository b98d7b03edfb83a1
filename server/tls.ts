// The certificate that the server shows: a given one, or one that it makes for this machine's addresses and keeps with its
// data, so that a browser which was told to trust it once goes on doing so.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** Addresses under which other machines of the local network reach this one. */
export const localAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && address.family === 'IPv4')
    .map((address) => address.address);

export const readCertificate = async (certFile: string, keyFile: string): Promise<Certificate> => ({
  cert: await readFile(certFile, 'utf8'),
  key: await readFile(keyFile, 'utf8'),
});

/** The kept certificate while it names every present address and lasts another month; else a new one. */
export async function ownCertificate(directory: string): Promise<Certificate> {
  const folder = join(directory, 'tls');
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const addresses = ['127.0.0.1', ...localAddresses()];
  const names = ['localhost', hostname()];
  try {
    const kept = await readCertificate(certFile, keyFile);
    const parsed = new X509Certificate(kept.cert);
    const lasts = Date.parse(parsed.validTo) - Date.now() > YEAR_MS / 12;
    if (lasts && addresses.every((address) => parsed.checkIP(address) !== undefined)) return kept;
  } catch {
    // None is kept, or it cannot be read: a new one takes its place.
  }
  const made = await generate([{ name: 'commonName', value: 'Tributary on this network' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Browsers refuse certificates that last longer than 825 days (Apple HT210176).
    notAfterDate: new Date(Date.now() + 2 * YEAR_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  await mkdir(folder, { recursive: true });
  await writeFile(keyFile, made.private, { mode: 0o600 });
  await writeFile(certFile, made.cert);
  return { cert: made.cert, key: made.private };
}
