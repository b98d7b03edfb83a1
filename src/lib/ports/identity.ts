// Port: who a participant is. A key that is made on the first visit and never leaves its device: whoever can sign with it is
// that participant, and nobody else has to be asked.

export interface Identity {
  /** Raw: 32 bytes of Ed25519, or 65 of P-256 where the browser has no Ed25519. A copy: the caller may do with it as it likes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes that core/signature.ts verifies. What is signed begins with what it is for, so that no signature serves twice. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
