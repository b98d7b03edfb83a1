// The cryptography that secure aggregation stands on, by WebCrypto but for key derivation: the same in page, worker and Node. Everything here is
// deterministic; what is random (seeds, initialisation vectors) is passed in by whoever calls.
//
// X25519 (RFC 7748): Chrome 133, Firefox 130, Safari 17, Node 16.17. A private key cannot be exported raw, and the protocol
// shares the secret, so a key is made of a 32-byte seed by its PKCS#8 form (RFC 8410, §7), and its public half by agreeing with
// the base point.
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { verifySignature } from '../signature.ts';
import { joined } from './bytes.ts';

/** Bytes of seeds, keys, hashes. */
export const KEY_BYTES = 32;

export interface Primitives {
  /** X25519(seed, 9). */
  publicKey(seed: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** X25519(seed, publicKey); undefined where the public key is no point to agree with (all-zero result, RFC 7748, §6.1). */
  agree(seed: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** HKDF-SHA-256 (RFC 5869), 32 bytes. */
  derive(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** AES-256-GCM: the ciphertext with its 16-byte tag. */
  seal(
    key: Uint8Array,
    iv: Uint8Array,
    bytes: Uint8Array,
    about: Uint8Array,
  ): Promise<Uint8Array> | Uint8Array;
  /** undefined: altered, or for another. */
  open(
    key: Uint8Array,
    iv: Uint8Array,
    sealed: Uint8Array,
    about: Uint8Array,
  ): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** AES-256-CTR of zeros, from the block `block` on: `length` bytes. */
  keyStream(key: Uint8Array): Promise<KeyStream> | KeyStream;
  hash(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** core/signature.ts: false for anything that is no valid signature. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> | boolean;
}

/** `length` bytes from block `block` (16 bytes each); valid until the next call. */
export type KeyStream = (block: number, length: number) => Promise<Uint8Array> | Uint8Array;

const PKCS8_OF_X25519 = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x6e,
  0x04,
  0x22,
  0x04,
  0x20,
);

const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31));

/** A copy that WebCrypto may read: it takes no view of memory that workers share. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

/** A device agrees with hundreds by one seed. Forgotten with the seed. */
const privateKeys = new WeakMap<Uint8Array, Promise<CryptoKey>>();

function privateKey(seed: Uint8Array): Promise<CryptoKey> {
  const known = privateKeys.get(seed);
  if (known !== undefined) return known;
  const pkcs8 = joined(PKCS8_OF_X25519, seed);
  const made = crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  privateKeys.set(seed, made);
  return made;
}

async function bits(seed: Uint8Array, point: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const [mine, theirs] = await Promise.all([
      privateKey(seed),
      crypto.subtle.importKey('raw', own(point), 'X25519', false, []),
    ]);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: theirs }, mine, 256));
  } catch (error) {
    if (isAnswer(error)) return undefined;
    throw error;
  }
}

/** What WebCrypto throws for data that is not what it should be: an outcome, where anything else is a bug. */
const isAnswer = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'OperationError' || error.name === 'DataError');

export const webPrimitives: Primitives = {
  async publicKey(seed) {
    const point = await bits(seed, BASE_POINT);
    if (point === undefined) throw new Error('This engine has no X25519.');
    return point;
  },
  agree: bits,
  // So short a text takes WebCrypto longer to hand over than to hash: two requests of it cost what three or four of these do in Node.
  derive: (secret, salt, info) => hkdf(sha256, secret, salt, info, KEY_BYTES),
  async seal(key, iv, bytes, about) {
    const aes = await crypto.subtle.importKey('raw', own(key), 'AES-GCM', false, ['encrypt']);
    const parameters = { name: 'AES-GCM', iv: own(iv), additionalData: own(about) };
    return new Uint8Array(await crypto.subtle.encrypt(parameters, aes, own(bytes)));
  },
  async open(key, iv, sealed, about) {
    const aes = await crypto.subtle.importKey('raw', own(key), 'AES-GCM', false, ['decrypt']);
    const parameters = { name: 'AES-GCM', iv: own(iv), additionalData: own(about) };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, aes, own(sealed)));
    } catch (error) {
      if (isAnswer(error)) return undefined;
      throw error;
    }
  },
  async keyStream(key) {
    const aes = await crypto.subtle.importKey('raw', own(key), 'AES-CTR', false, ['encrypt']);
    let zeros = new Uint8Array(0);
    return async (block, length) => {
      if (zeros.length < length) zeros = new Uint8Array(length);
      const counter = new Uint8Array(16);
      new DataView(counter.buffer).setUint32(12, block);
      return new Uint8Array(
        await crypto.subtle.encrypt({ name: 'AES-CTR', counter, length: 32 }, aes, zeros.subarray(0, length)),
      );
    };
  },
  async hash(bytes) {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', own(bytes)));
  },
  verify: verifySignature,
};
