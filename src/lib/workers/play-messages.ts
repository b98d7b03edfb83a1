// The playground worker's language: an experiment in, its participants out; then a round of each setting at a time, as the
// page asks for it, so that pausing is not asking. Nothing here has a way to the network or to storage.
import type { Experiment } from '../participant/play/experiment.ts';
import type { PlayParticipant, PlayRound } from '../participant/play/play-federation.ts';
import type { PlayReference } from '../participant/play/play-references.ts';
import type { PlayScore } from '../participant/play/train-plainly.ts';
import type { CommonReply } from './request-messages.ts';

/** Begins anew: what was there before is forgotten. */
export interface MakeRequest {
  readonly id: number;
  readonly name: 'make';
  readonly experiment: Experiment;
}
export interface RoundRequest {
  readonly id: number;
  readonly name: 'round';
}
/** One more pass of the models that the first setting is held against. */
export interface ReferenceRequest {
  readonly id: number;
  readonly name: 'reference';
}
export type PlayRequest = MakeRequest | RoundRequest | ReferenceRequest;

/** A setting made, or one sentence about what in it cannot be. */
export type PlayMade =
  | {
      readonly ok: true;
      readonly participants: readonly PlayParticipant[];
      readonly parameterCount: number;
      readonly start: PlayScore;
    }
  | { readonly ok: false; readonly message: string };

export type PlayReply =
  /** One for each setting of the experiment. */
  | { readonly type: 'made'; readonly id: number; readonly sides: readonly PlayMade[] }
  /** One for each setting; null for one that could not be made. */
  | { readonly type: 'round'; readonly id: number; readonly sides: readonly (PlayRound | null)[] }
  /** Null where the first setting could not be made. */
  | { readonly type: 'reference'; readonly id: number; readonly reference: PlayReference | null }
  | CommonReply;
