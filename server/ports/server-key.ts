// Port: the server's own Ed25519 key (RFC 8032). It signs receipts and the heads of the version log, so that whoever holds one
// can show later what the server said. It outlives restarts: it lies with the data, and a copy of the data holds it too.

export interface ServerKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, the same for the same message: Ed25519 draws nothing. */
  sign(message: Uint8Array): Uint8Array;
}
