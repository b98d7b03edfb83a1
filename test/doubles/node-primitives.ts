// The cryptography of secure aggregation by Node's own synchronous calls: the same bytes as WebCrypto (secure-sum.test.ts holds
// them against each other), many times as fast where thousands of small rounds are played.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import type { Primitives } from '#lib/core/secure-sum/primitives.ts';

const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const PKCS8_ED = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_ED = Buffer.from('302a300506032b6570032100', 'hex');
const TAG = 16;

/** What is worked out once: the same keys, points and signatures are looked at by every device of a round. */
function remembering<T>(
  work: (...bytes: readonly Uint8Array[]) => T,
): (...bytes: readonly Uint8Array[]) => T {
  const known = new Map<string, T>();
  return (...bytes) => {
    const name = bytes.map((one) => Buffer.from(one).toString('latin1')).join('/');
    if (known.has(name)) return known.get(name)!;
    const made = work(...bytes);
    if (known.size > 5_000) known.clear();
    known.set(name, made);
    return made;
  };
}

const privateKey = remembering((seed) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed!]), format: 'der', type: 'pkcs8' }),
);
const publicKey = remembering((point) =>
  createPublicKey({ key: Buffer.concat([SPKI, point!]), format: 'der', type: 'spki' }),
);
const signer = remembering((point) =>
  createPublicKey({ key: Buffer.concat([SPKI_ED, point!]), format: 'der', type: 'spki' }),
);

const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac('sha256', key).update(bytes).digest();

export const nodePrimitives: Primitives = {
  publicKey: remembering((seed) =>
    createPublicKey(privateKey(seed!)).export({ format: 'der', type: 'spki' }).subarray(12),
  ),
  agree: remembering((seed, point) => {
    try {
      return diffieHellman({ privateKey: privateKey(seed!), publicKey: publicKey(point!) });
    } catch {
      // Node has one kind of error for a point without an answer.
      return undefined;
    }
  }),
  // Both ends of a pair derive the same.
  derive: remembering((secret, salt, info) =>
    hmac(hmac(salt!, secret!), Buffer.concat([info!, Uint8Array.of(1)])),
  ),
  seal(key, iv, bytes, about) {
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(about);
    return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  },
  open(key, iv, sealed, about) {
    const cipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG }).setAAD(about);
    cipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    try {
      return Buffer.concat([cipher.update(sealed.subarray(0, sealed.length - TAG)), cipher.final()]);
    } catch {
      // As above: the tag does not fit.
      return undefined;
    }
  },
  keyStream: (key) => (block, length) => {
    const counter = Buffer.alloc(16);
    counter.writeUInt32BE(block, 12);
    // A copy of its own: Buffer's pool need not be aligned to words.
    return Uint8Array.from(createCipheriv('aes-256-ctr', key, counter).update(Buffer.alloc(length)));
  },
  hash: (bytes) => createHash('sha256').update(bytes).digest(),
  verify: remembering((point, bytes, signature) => verify(null, bytes!, signer(point!), signature!)),
};

/** An Ed25519 identity that lives as long as the test. `seed`: 32 bytes that make it the same in every run; else it is any. */
export function testIdentity(seed?: Uint8Array): {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
} {
  const key =
    seed === undefined
      ? generateKeyPairSync('ed25519').privateKey
      : createPrivateKey({ key: Buffer.concat([PKCS8_ED, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(12);
  return { publicKey: raw, sign: async (bytes) => sign(null, bytes, key) };
}
