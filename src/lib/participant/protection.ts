// What a device does for its own privacy before an update leaves it: it is clipped, given noise where the server is trusted with
// nothing, and says nothing of how many rows it was trained on. And its own count of what it gave: it stops by itself where its budget
// is spent, whatever the server asks.
import type { FederationSpec } from '../core/federation.ts';
import { clip } from '../core/privacy/clip.ts';
import { addLocalNoise } from '../core/privacy/local.ts';
import { affordsAfter, lossAfter, NO_LOSS } from '../core/privacy/loss-account.ts';
import type { DrawBytes } from '../core/privacy/random-bits.ts';
import type { Noised } from '../core/privacy/rules.ts';
import { noiseOfSurveys } from '../core/statistics/rules.ts';
import { MAXIMUM_COORDINATE } from '../protocol/limits.ts';
import type { Configured } from '../protocol/messages.ts';
import type { Contributions } from './contributions.ts';

/** The platform's CSPRNG. */
export const drawFromPlatform: DrawBytes = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** In place. Values that are no numbers stay so, and are refused as ever. */
export function protect(values: Float32Array, privacy: Configured['privacy'], draw: DrawBytes): void {
  if (privacy === undefined || privacy.type === 'none') return;
  // Where there is a secure sum, its noise is added before it is masked (core/secure-sum/encoding.ts).
  clip(values, privacy.clipNorm);
  if (privacy.type === 'local' && values.every(Number.isFinite))
    addLocalNoise(values, privacy, MAXIMUM_COORDINATE, draw);
}

/** Rows as this device states them: under privacy as few as are asked for, because every number that leaves it is a release. */
export const statedExamples = ({ privacy, rules }: FederationSpec, examples: number): number =>
  privacy.type === 'none' ? examples : Math.min(examples, rules.selection.minimumExamples);

/** Of an update's offer: that of one row, which every device has. Updates count equally whatever is said. */
export const statedFacts = (
  { privacy, plan }: Pick<Configured, 'privacy' | 'plan'>,
  facts: { readonly examples: number; readonly steps: number },
): { readonly examples: number; readonly steps: number } =>
  privacy === undefined || privacy.type === 'none' ? facts : { examples: 1, steps: plan.localEpochs };

/**
 * What this device gave, by its own receipts: under a trusted server an update that no version holds gave nothing away. Of a secure sum
 * that was said to have failed the others may have opened it all the same.
 */
export const releasedBy = (privacy: Noised, contributions: Contributions | undefined): number =>
  (privacy.type === 'central' ? contributions?.published : contributions?.count) ?? 0;

/**
 * Why this device sends no more, in a sentence; undefined: it may. Where the server draws, each round costs it the same whether it is
 * drawn or not, and only the server knows of all: that the rounds that it was drawn for are no more than the budget holds, it counts.
 */
export function ownRefusal(
  privacy: Configured['privacy'],
  contributions: Contributions | undefined,
  /** Surveys that it answered: each is a release like any other. */
  surveys = 0,
  /** A survey is asked of everybody, whoever is drawn for rounds. `underWay`: updates that it may have given by the time of its end. */
  next: { readonly type: 'update' } | { readonly type: 'survey'; readonly underWay: number } = {
    type: 'update',
  },
): string | undefined {
  const survey = privacy && noiseOfSurveys(privacy);
  if (privacy === undefined || privacy.type === 'none' || survey === undefined) return undefined;
  const isSurvey = next.type === 'survey';
  // As the server's ledger does: once anything is of Skellam noise, all is accounted for as that.
  const type = isSurvey || surveys > 0 ? survey.type : privacy.type;
  const updates = releasedBy(privacy, contributions) + (isSurvey ? next.underWay : 0);
  const rounds = lossAfter(NO_LOSS, { ...privacy, type }, updates);
  const loss = lossAfter(rounds, survey, surveys);
  if (affordsAfter(isSurvey ? survey : { ...privacy, type }, loss)) return undefined;
  const given = releasedBy(privacy, contributions);
  return `This device has given ${given} ${given === 1 ? 'update' : 'updates'}${surveys === 0 ? '' : ` and answered ${surveys} ${surveys === 1 ? 'survey' : 'surveys'}`}, all that its privacy budget (ε ${privacy.epsilon} at δ ${privacy.delta}) holds.`;
}
