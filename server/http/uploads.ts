// Client updates on their way in: offered, then sent in pieces that are spooled to a file as they stream, so that memory does
// not grow with their number. Every step may be repeated; the decision is the coordinator's.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FederationId, ParticipantId } from '#lib/core/ids.ts';
import { UpdateOffer, type UpdateReply, type UploadState } from '#lib/protocol/http.ts';
import { UPLOAD_IDLE_MS, UPLOAD_PIECE_BYTES } from '#lib/protocol/limits.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { refusedReply } from '../coordinator/updates.ts';
import type { BlobDraft, Blobs } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { notIdentified, type Bearers } from './bearers.ts';
import { readJson } from './body.ts';
import { busy, diskFull, empty, isDiskFull, json, refusal, type Reply } from './reply.ts';

export interface UploadLimits {
  /** Announced bytes of all unfinished uploads. */
  readonly inFlightBytes: number;
  /** Unfinished uploads of one participant, over all federations. */
  readonly perParticipant: number;
  /** Less than this in UPLOAD_IDLE_MS is a sender that starves others, not a slow line. */
  readonly leastBytes: number;
}
export const uploadLimits: UploadLimits = {
  inFlightBytes: 512 * 2 ** 20,
  perParticipant: 4,
  leastBytes: 16 * 1024,
};

interface Upload {
  readonly id: string;
  readonly federation: FederationId;
  readonly participant: ParticipantId;
  readonly offer: UpdateOffer;
  readonly draft: BlobDraft;
  /** The piece being received now: ends it, and resolves when it has ended. */
  receiving: (() => Promise<void>) | undefined;
  stopTimer: () => void;
}

export class Uploads {
  readonly #uploads = new Map<string, Upload>();

  constructor(
    private readonly coordinator: Coordinator,
    private readonly blobs: Blobs,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly participantOf: Bearers,
    private readonly limits: UploadLimits = uploadLimits,
  ) {}

  async offer(request: IncomingMessage, federation: FederationId): Promise<Reply> {
    const participant = this.participantOf(request);
    if (participant === undefined) return notIdentified();
    const read = await readJson(request, UpdateOffer);
    if (!read.ok) return read.error;
    const offer = read.value;
    const decided = await this.coordinator.offer(federation, participant, offer);
    if (decided !== undefined) return decision(decided);
    const before = this.#openOrBusy(federation, participant, offer);
    if (before !== undefined) return before;
    let draft: BlobDraft;
    try {
      draft = await this.blobs.draft();
    } catch (error) {
      return this.#noRoom(federation, error);
    }
    // Others may have begun while the file was made, this very update among them.
    const meanwhile = this.#openOrBusy(federation, participant, offer);
    if (meanwhile !== undefined) {
      await draft.discard();
      return meanwhile;
    }
    const id = randomBytes(16).toString('hex');
    const upload: Upload = {
      id,
      federation,
      participant,
      offer,
      draft,
      receiving: undefined,
      stopTimer: () => {},
    };
    this.#uploads.set(id, upload);
    this.#watch(upload);
    return json(201, stateOf(upload), { location: `/api/uploads/${id}` });
  }

  /** Why no upload is begun for this offer: it goes on already, or there is no room. Undefined: begin. */
  #openOrBusy(federation: FederationId, participant: ParticipantId, offer: UpdateOffer): Reply | undefined {
    const mine = [...this.#uploads.values()].filter((one) => one.participant === participant);
    const open = mine.find((one) => one.federation === federation && one.offer.round === offer.round);
    if (open !== undefined)
      return open.offer.digest === offer.digest
        ? json(200, stateOf(open))
        : decision(refusedReply({ kind: 'duplicate', round: offer.round }));
    if (mine.length >= this.limits.perParticipant)
      return busy('This device has too many unfinished uploads.');
    const inFlight = [...this.#uploads.values()].reduce((total, one) => total + one.offer.bytes, 0);
    if (inFlight + offer.bytes > this.limits.inFlightBytes)
      return busy('The server is receiving all that it can hold now.');
    return undefined;
  }

  head(request: IncomingMessage, id: string): Reply {
    const participant = this.participantOf(request);
    if (participant === undefined) return empty(401);
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.participant !== participant) return empty(404);
    return empty(200, {
      'upload-offset': String(upload.draft.length),
      'upload-length': String(upload.offer.bytes),
    });
  }

  async patch(request: IncomingMessage, id: string): Promise<Reply> {
    const participant = this.participantOf(request);
    if (participant === undefined) return notIdentified();
    const upload = this.#uploads.get(id);
    // Another's upload is as unknown as none.
    if (upload === undefined || upload.participant !== participant)
      return refusal(404, 'unknown-upload', 'The server knows no such upload. Offer the update again.');
    const decided = await this.coordinator.offer(upload.federation, participant, upload.offer);
    if (decided !== undefined) {
      await this.#drop(upload);
      return decision(decided);
    }
    // A connection that died unnoticed may still hold the upload: the newer request takes over. Nothing is awaited between
    // this and #receive, or two requests would write into one file.
    while (upload.receiving !== undefined) await upload.receiving();
    if (!this.#uploads.has(id)) return hasEnded();
    const offset = request.headers['upload-offset'];
    if (offset !== String(upload.draft.length))
      return refusal(
        409,
        'wrong-offset',
        `The server holds ${upload.draft.length} bytes of this upload: send on from there.`,
        {
          headers: { 'upload-offset': String(upload.draft.length) },
        },
      );
    const most = Math.min(UPLOAD_PIECE_BYTES, upload.offer.bytes - upload.draft.length);
    const tooLarge = (): Reply =>
      refusal(413, 'too-large', `At most ${most} bytes may follow in one piece.`, {
        headers: { 'upload-offset': String(upload.draft.length) },
      });
    if (Number(request.headers['content-length'] ?? 0) > most) return tooLarge();
    try {
      if (!(await this.#receive(request, upload, most))) {
        // Whatever followed is not the update that was offered.
        await this.#drop(upload);
        return tooLarge();
      }
    } catch (error) {
      const answer = this.#noRoom(upload.federation, error);
      await this.#drop(upload);
      return answer;
    }
    // It was dropped meanwhile, and its draft with it.
    if (!this.#uploads.has(id)) return hasEnded();
    if (upload.draft.length < upload.offer.bytes)
      return json(200, stateOf(upload), { 'upload-offset': String(upload.draft.length) });
    this.#forget(upload);
    try {
      return decision(
        await this.coordinator.deliver(upload.federation, participant, upload.offer, upload.draft),
      );
    } catch (error) {
      return this.#noRoom(upload.federation, error);
    }
  }

  /** Nothing of the update is kept, and nothing is decided on it: it may be offered again. Any other failure is thrown on. */
  #noRoom(federation: FederationId, error: unknown): Reply {
    if (!isDiskFull(error)) throw error;
    this.log.error({ federation, error: String(error) }, 'no room on disk for an upload');
    return diskFull(
      'The server’s disk is full: it cannot take the update now. Its coordinator has to make room.',
    );
  }

  /** Drops what is unfinished: nothing of it was acknowledged as whole. */
  async close(): Promise<void> {
    for (const upload of [...this.#uploads.values()]) await this.#drop(upload);
  }

  get count(): number {
    return this.#uploads.size;
  }

  /** False where more than `most` bytes came. A cut connection is no failure: what came stays. */
  async #receive(request: IncomingMessage, upload: Upload, most: number): Promise<boolean> {
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => (ended = resolve));
    upload.receiving = () => {
      request.destroy();
      return end;
    };
    let received = 0;
    try {
      for await (const part of request) {
        if (!Buffer.isBuffer(part)) continue;
        received += part.length;
        if (received > most) return false;
        await upload.draft.append(part);
      }
      return true;
    } catch (error) {
      if (request.destroyed && !isDiskFull(error)) return true;
      throw error;
    } finally {
      upload.receiving = undefined;
      ended();
    }
  }

  #watch(upload: Upload): void {
    let before = upload.draft.length;
    const look = (): void => {
      if (upload.draft.length - before < this.limits.leastBytes) {
        this.#drop(upload).catch((error: unknown) =>
          this.log.warn({ error: String(error) }, 'an idle upload could not be dropped'),
        );
        return;
      }
      before = upload.draft.length;
      upload.stopTimer = this.clock.after(UPLOAD_IDLE_MS, look);
    };
    upload.stopTimer = this.clock.after(UPLOAD_IDLE_MS, look);
  }

  #forget(upload: Upload): void {
    upload.stopTimer();
    this.#uploads.delete(upload.id);
  }

  /** Whoever takes an upload out of the list owns its draft: once it is being delivered, nobody else discards it. */
  async #drop(upload: Upload): Promise<void> {
    if (!this.#uploads.has(upload.id)) return;
    this.#forget(upload);
    await upload.receiving?.();
    await upload.draft.discard();
  }
}

const stateOf = (upload: Upload): UploadState => ({
  type: 'upload',
  upload: upload.id,
  offset: upload.draft.length,
});

const hasEnded = (): Reply => refusal(404, 'unknown-upload', 'The upload has ended. Offer the update again.');

/** The status says the same as the body, for those who read no further. */
function decision(reply: UpdateReply): Reply {
  if (reply.type === 'accepted') return json(200, reply);
  switch (reply.refusal.kind) {
    case 'round-closed':
      return json(410, reply);
    case 'duplicate':
    case 'stale-base':
    case 'wrong-federation':
      return json(409, reply);
    case 'not-in-cohort':
    case 'excluded':
      return json(403, reply);
    case 'wrong-codec':
    case 'wrong-length':
    case 'wrong-digest':
    case 'not-finite':
    case 'too-large-coordinate':
    case 'invalid':
      return json(422, reply);
    default:
      return reply.refusal satisfies never;
  }
}
