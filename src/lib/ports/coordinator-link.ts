// Port: the way to the coordinator. Control messages are hints that may be lost; bytes go by requests that may be repeated.
import type { Digest, FederationId, RoundNumber } from '../core/ids.ts';
import type { UpdateOffer, UpdateReply } from '../protocol/http.ts';
import type { Answer, ClientMessages, ServerMessages } from '../protocol/messages.ts';
import type { FederationView, RoundView } from '../protocol/views.ts';

export type LinkState = 'connecting' | 'connected' | 'offline';

/** Bytes that crossed the link, headers estimated, by kind. */
export interface LinkBytes {
  readonly modelDown: number;
  readonly updateUp: number;
  readonly controlUp: number;
  readonly controlDown: number;
}

export interface CoordinatorLink {
  readonly state: LinkState;
  readonly bytes: LinkBytes;
  /** Sends and waits for the answer; rejects with LinkLost when the connection goes first. */
  send<Name extends keyof ClientMessages>(name: Name, message: ClientMessages[Name]): Promise<Answer>;
  /** Returns its own undoing. */
  on<Name extends keyof ServerMessages>(
    name: Name,
    handler: (message: ServerMessages[Name]) => void,
  ): () => void;
  onState(handler: (state: LinkState) => void): () => void;
  onBytes(handler: (bytes: LinkBytes) => void): () => void;
  /** Immutable parameters [P], checked against the digest; resumes a cut download. Rejects with LinkLost, or WrongBytes. */
  parameters(digest: Digest, bytes: number, options?: TransferOptions): Promise<Float32Array<ArrayBuffer>>;
  /** Immutable bytes, checked and resumed likewise. */
  blob(digest: Digest, bytes: number, options?: TransferOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Uploads an update, resuming where an earlier attempt stopped, until the server has decided. Rejects with LinkLost. */
  upload(
    federation: FederationId,
    offer: UpdateOffer,
    bytes: Uint8Array,
    options?: TransferOptions,
  ): Promise<UpdateReply>;
  federation(id: FederationId): Promise<FederationView | undefined>;
  /** One round, also a past one: what became of it. Rejects with LinkLost. */
  round(id: FederationId, round: RoundNumber): Promise<RoundView | undefined>;
  close(): void;
}

export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** 0–1. */
  readonly onProgress?: (fraction: number) => void;
}

/** The connection went before an answer came: ask again once connected. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
}

/** What came is not what its digest names, also when asked for again: it is never used. */
export class WrongBytes extends Error {
  override readonly name = 'WrongBytes';
}
