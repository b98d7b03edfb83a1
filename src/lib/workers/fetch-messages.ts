// The language of the worker that fetches: an address in, a file out. It is the only part of the app that reaches other servers, and
// it is given nothing but the address.
import type { FetchedFile } from './fetch-address.ts';
import type { CancelRequest, CommonReply } from './request-messages.ts';

export interface FetchRequest {
  readonly id: number;
  readonly name: 'fetch';
  readonly address: string;
}

export type FetchReply =
  | {
      readonly type: 'progress';
      readonly id: number;
      readonly bytes: number;
      readonly total: number | undefined;
    }
  | { readonly type: 'fetched'; readonly id: number; readonly file: FetchedFile }
  | CommonReply;

export type FetchWorkerRequest = FetchRequest | CancelRequest;
