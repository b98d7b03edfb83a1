import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { verifySignature } from '#lib/core/signature.ts';
import { memoryServerKey } from './ed25519.ts';
import { fileServerKey, readServerKey, serverKeyPath } from './file-server-key.ts';

const message = new TextEncoder().encode('a receipt');

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-key-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('the key of a seed is that of RFC 8032, §7.1, TEST 2', () => {
  const key = memoryServerKey(hexToBytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
  expect(key.publicKey).toEqual(
    hexToBytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  );
  expect(key.sign(hexToBytes('72')).slice(0, 8)).toEqual(hexToBytes('92a009a9f0d4cab8'));
});

test('the key is made once, for its owner’s eyes, and found again', () =>
  inDirectory(async (directory) => {
    expect(await readServerKey(directory)).toBeUndefined();
    const made = await fileServerKey(directory);
    expect((await stat(serverKeyPath(directory))).mode & 0o777).toBe(0o600);
    const found = await fileServerKey(directory);
    expect(found.publicKey).toEqual(made.publicKey);
    expect(found.sign(message)).toEqual(made.sign(message));
    expect(await verifySignature(made.publicKey, message, found.sign(message))).toBe(true);
    await inDirectory(async (other) =>
      expect((await fileServerKey(other)).publicKey).not.toEqual(made.publicKey),
    );
  }));

test('a file that holds no such key is named, and no other takes its place', () =>
  inDirectory(async (directory) => {
    await fileServerKey(directory);
    await writeFile(serverKeyPath(directory), 'nothing of the kind');
    await expect(fileServerKey(directory)).rejects.toThrow(
      'server-key.pem holds no Ed25519 key that can be read',
    );
  }));
