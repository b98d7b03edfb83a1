// Port: the way to the coordinator. Control messages are hints that may be lost; bytes go by requests that may be repeated.
import type { Digest, FederationId, ParticipantId, RoundNumber } from '../core/ids.ts';
import type { LogReply, UpdateOffer, UpdateReply } from '../protocol/http.ts';
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

/** One thing that crossed the link, in one direction: what is shown to whoever wants to see for himself. */
export interface Crossing {
  /** When its first byte was counted: Unix time, milliseconds. */
  readonly at: number;
  readonly kind: keyof LinkBytes;
  /** The message’s or request’s name: "check-in", "model", "heartbeat". */
  readonly what: string;
  readonly bytes: number;
  /** How often, where the same follows itself. */
  readonly times: number;
}

export interface CoordinatorLink {
  readonly state: LinkState;
  readonly bytes: LinkBytes;
  /** The newest of what makes up `bytes`, oldest first; a bounded number of them. */
  readonly crossings: readonly Crossing[];
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
  /** What the federation's log of versions says. Rejects with LinkLost. */
  log(id: FederationId, question: LogQuestion): Promise<LogReply | undefined>;
  close(): void;
}

export interface LogQuestion {
  /** Leaves of the head that is known: is it the beginning of the log? */
  readonly since: number;
  /** Whose contribution, in the version that this round made. */
  readonly contribution?: { readonly round: RoundNumber; readonly participant: ParticipantId };
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
