// Uploads one client update (protocol/http.ts): offer it, send pieces from the offset that the server knows, and hand on
// its decision. Every step may be repeated; the server counts an update once.
import * as v from 'valibot';
import type { FederationId } from '../../core/ids.ts';
import { LinkLost, type TransferOptions } from '../../ports/coordinator-link.ts';
import { UpdateReply, UploadState, type UpdateOffer } from '../../protocol/http.ts';
import { UPLOAD_PIECE_BYTES } from '../../protocol/limits.ts';
import type { Bearer } from './bearer.ts';
import { REQUEST_HEADER_BYTES, RESPONSE_HEADER_BYTES } from './byte-counter.ts';
import {
  ask,
  complaint,
  isTemporary,
  jsonOf,
  persist,
  Retry,
  retryAfterMs,
  type Requests,
} from './requests.ts';

/** Either body of the protocol, whatever the status that it came with. */
const UploadAnswer = v.union([UploadState, UpdateReply]);
type UploadAnswer = v.InferOutput<typeof UploadAnswer>;

/** The server knows the upload no more (it was idle for too long, or the server was restarted): offer it again. */
const FORGOTTEN = [404, 410];
/** An upload that the server forgets this often is not going to be taken. */
const OFFERS = 5;

export async function uploadUpdate(
  requests: Requests,
  bearer: Pick<Bearer, 'token' | 'drop'>,
  federation: FederationId,
  offer: UpdateOffer,
  bytes: Uint8Array,
  options: TransferOptions = {},
): Promise<UpdateReply> {
  const { signal } = options;
  const withSignal = signal === undefined ? {} : { signal };

  /** As whom this device is known. What the token does not open is tried again once there is another. */
  const askAs = async (path: string, init: RequestInit & { readonly headers?: Record<string, string> }) => {
    const token = await bearer.token();
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    const response = await ask(requests, path, { ...init, headers, ...withSignal });
    if (response.status !== 401) return response;
    bearer.drop(token);
    throw new LinkLost('The server does not take the token of this device any more.');
  };
  const answerOf = async (response: Response): Promise<UploadAnswer> => {
    requests.counter.add('controlDown', RESPONSE_HEADER_BYTES, 'decision');
    const body = await jsonOf(response, requests, 'decision');
    const read = v.safeParse(UploadAnswer, body);
    if (read.success) return read.output;
    if (isTemporary(response.status)) throw new Retry(retryAfterMs(response, Date.now()));
    return refused(complaint(body, response.status));
  };
  const offerIt = (): Promise<UploadAnswer> =>
    persist(requests, signal, async () => {
      const body = JSON.stringify(offer);
      requests.counter.add('controlUp', REQUEST_HEADER_BYTES + body.length, 'offer');
      return answerOf(
        await askAs(`/api/federations/${federation}/updates`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body,
        }),
      );
    });
  /** Where the server stands; undefined where it knows the upload no more. */
  const offsetOf = async (upload: string): Promise<number | undefined> => {
    requests.counter.add('controlUp', REQUEST_HEADER_BYTES, 'upload-state');
    const response = await askAs(`/api/uploads/${upload}`, { method: 'HEAD' });
    requests.counter.add('controlDown', RESPONSE_HEADER_BYTES, 'upload-state');
    if (FORGOTTEN.includes(response.status)) return undefined;
    const offset = headerOffset(response);
    if (offset === undefined) throw new Retry(retryAfterMs(response, Date.now()));
    return offset;
  };

  for (let offers = 0; offers < OFFERS; offers += 1) {
    const offered = await offerIt();
    if (offered.type !== 'upload') return offered;
    const { upload } = offered;
    let offset = offered.offset;
    let offsetBefore = offset;
    let uncertain = false;
    const next = async (): Promise<UpdateReply | 'forgotten'> => {
      offsetBefore = offset;
      for (;;) {
        if (uncertain) {
          const known = await offsetOf(upload);
          if (known === undefined) return 'forgotten';
          // What arrived of the piece that was cut off did cross the wire.
          requests.counter.add('updateUp', Math.max(0, known - offset), 'update');
          offset = known;
          uncertain = false;
        }
        options.onProgress?.(offset / bytes.byteLength);
        const piece = bytes.slice(offset, offset + UPLOAD_PIECE_BYTES);
        uncertain = true;
        const response = await askAs(`/api/uploads/${upload}`, {
          method: 'PATCH',
          headers: {
            'Content-Type': 'application/offset+octet-stream',
            'Upload-Offset': String(offset),
          },
          body: piece,
        });
        requests.counter.add('updateUp', REQUEST_HEADER_BYTES, 'update');
        if (FORGOTTEN.includes(response.status)) {
          const answer = v.safeParse(UpdateReply, await jsonOf(response, requests, 'decision'));
          return answer.success ? answer.output : 'forgotten';
        }
        if (response.status === 409) {
          const known = headerOffset(response);
          // The same offset: an earlier request of this piece is still being read there. Ask in a while.
          if (known === offset) throw new Retry(retryAfterMs(response, Date.now()));
          if (known !== undefined) {
            offset = known;
            uncertain = false;
            continue;
          }
        }
        const answer = await answerOf(response);
        if (answer.type !== 'upload') {
          if (response.ok) requests.counter.add('updateUp', piece.byteLength, 'update');
          options.onProgress?.(1);
          return answer;
        }
        requests.counter.add('updateUp', Math.max(0, answer.offset - offset), 'update');
        offset = answer.offset;
        uncertain = false;
      }
    };
    const decided = await persist(requests, signal, next, () => offset > offsetBefore);
    if (decided !== 'forgotten') return decided;
  }
  return refused('the server forgot the upload again and again');
}

const refused = (reason: string): UpdateReply => {
  const text = reason.replace(/\.$/, '');
  return {
    type: 'refused',
    refusal: { kind: 'invalid', reason: text },
    message: `The update was not taken: ${text}.`,
  };
};

function headerOffset(response: Response): number | undefined {
  const value = response.headers.get('Upload-Offset');
  const offset = value === null ? NaN : Number(value);
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}
