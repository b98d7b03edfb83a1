// The server's key as a file of the data directory, which only the account that runs the server may read.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDurableFiles } from '#lib/adapters/node/durable-files.ts';
import type { ServerKey } from '../ports/server-key.ts';
import { serverKeyOf } from './ed25519.ts';

/** Its folder in the data directory, and its name there. */
const FOLDER = 'keys';
const NAME = 'server-key.pem';

export const serverKeyPath = (directory: string): string => join(directory, FOLDER, NAME);

/** The key that is kept; undefined: none has been made. Writes nothing. Rejects with a sentence where the file holds no such key. */
export async function readServerKey(directory: string): Promise<ServerKey | undefined> {
  const kept = await readFile(serverKeyPath(directory)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept === undefined) return undefined;
  try {
    return serverKeyOf(createPrivateKey(kept));
  } catch (cause) {
    throw new Error(
      `${serverKeyPath(directory)} holds no Ed25519 key that can be read. Put back the file from a copy of the data directory: receipts and the log of versions are signed with it.`,
      { cause },
    );
  }
}

/** The key that is kept, or a new one, durable before it signs anything. */
export async function fileServerKey(directory: string): Promise<ServerKey> {
  const kept = await readServerKey(directory);
  if (kept !== undefined) return kept;
  const { privateKey } = generateKeyPairSync('ed25519');
  const files = await openDurableFiles(join(directory, FOLDER));
  await files.write(NAME, Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' })));
  return serverKeyOf(privateKey);
}
