// SHA-256, synchronous and incremental, the same in page, worker and Node (WebCrypto has neither and needs a secure context).
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { Digest, ParticipantId } from './ids.ts';

/** SHA-256 of `bytes`, in hex. */
export const digestOf = (bytes: Uint8Array): Digest => v.parse(Digest, bytesToHex(sha256(bytes)));

/** SHA-256 of the UTF-8 bytes of `text`, in hex. */
export const digestOfText = (text: string): Digest => digestOf(utf8ToBytes(text));

export interface DigestBuilder {
  update(bytes: Uint8Array): DigestBuilder;
  finish(): Digest;
}

/** An incremental SHA-256: feed it pieces in order, then `finish` once. */
export function digestBuilder(): DigestBuilder {
  const hash = sha256.create();
  const builder: DigestBuilder = {
    update(bytes) {
      hash.update(bytes);
      return builder;
    },
    finish: () => v.parse(Digest, bytesToHex(hash.digest())),
  };
  return builder;
}

/** A public key in short, for a person to compare: the first 16 bytes of its SHA-256, in groups. */
export const keyFingerprint = (publicKey: Uint8Array): string =>
  (digestOf(publicKey).slice(0, 32).match(/.{4}/g) ?? []).join(' ');

/** The id that belongs to a public key: whoever signs with its private key is that participant. */
export const participantIdOf = (publicKey: Uint8Array): ParticipantId =>
  v.parse(ParticipantId, bytesToHex(sha256(publicKey).subarray(0, 16)));

/** The bytes of a typed array as they lie in memory (little-endian on every platform we run on); no copy. */
export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
