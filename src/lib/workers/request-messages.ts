// What every worker that answers requests by their numbers is told, and says, beside what it is there for.

export interface CancelRequest {
  readonly id: number;
  readonly name: 'cancel';
  readonly request: number;
}

/** Failed: for a reason that is a sentence for the person. Cancelled: the work has stopped. */
export type CommonReply =
  | { readonly type: 'failure'; readonly id: number; readonly message: string }
  | { readonly type: 'cancelled'; readonly id: number };
