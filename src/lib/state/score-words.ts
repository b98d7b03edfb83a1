// Where the figures of a version come from, and why it has none yet, as a coordinator reads it.
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Evaluated } from '#lib/protocol/views.ts';
import { bandWords } from './band-words.ts';
import { counted } from './format.ts';

export type ScoredBy = 'devices' | 'surveys' | 'nobody';

/**
 * Of whom anybody learns what a version does on held-out rows: of each device by itself, of all of them together when a coordinator
 * asks, or of nobody. A device's own scores would be a release without noise, or say of one what a secure sum hides.
 */
export function scoredBy({
  privacy,
  secureSum,
  statistics,
  family,
}: Pick<FederationSpec, 'privacy' | 'secureSum' | 'statistics' | 'family'>): ScoredBy {
  if (privacy.type === 'none' && secureSum?.type !== 'on') return 'devices';
  // Clusters give rows no class: there is nothing that a survey could hold them against.
  return statistics?.type !== 'on' || family === 'k-means' ? 'nobody' : 'surveys';
}

const waiting: Readonly<Record<ScoredBy, string>> = {
  devices: 'Devices score a version when they receive it.',
  surveys:
    'No device tells its own scores here. Ask all of them together, under Statistics: what a version does.',
  nobody: 'No scores leave the devices here. Judge it on rows of your own: tributary evaluate.',
};

/** How a version that nobody has scored comes to be. */
export const unscoredWords = (spec: FederationSpec): string => waiting[scoredBy(spec)];

/** "7 devices on 412 rows, by survey 3". */
export function scorersWords({
  participants,
  tally,
  survey,
}: Pick<Evaluated, 'participants' | 'tally' | 'survey'>): string {
  const by = survey === undefined ? '' : `, by survey ${survey.survey}`;
  return `${counted(participants, 'device')} on ${counted(tally.count, 'row')}${by}`;
}

/** Whether its counts are what devices counted, without noise. */
export const isExact = (evaluated: Evaluated | null): boolean => (evaluated?.survey?.deviation ?? 0) === 0;

/** Why figures of these have no interval; undefined: they may have one. */
export function noisyWords(of: readonly (Evaluated | null)[]): string | undefined {
  const most = Math.max(0, ...of.map((one) => one?.survey?.deviation ?? 0));
  return most === 0
    ? undefined
    : `Counts that a survey told carry noise, ${bandWords(most)} each (95 %): an interval would have to know of it, and none is made.`;
}
