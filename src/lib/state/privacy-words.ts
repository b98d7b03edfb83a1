// A federation's privacy in words: for participants, whose data it is about, and for coordinators, who choose it. Adjacency and δ stand
// with every ε.
import { costOf, epsilonOf, releasesWithin, sensitivityFactor } from '../core/privacy/budget.ts';
import type { Noised, Privacy } from '../core/privacy/rules.ts';

/** "0.0005", "1e-6". */
export const deltaText = (delta: number): string => String(Number(delta.toPrecision(2)));
export const epsilonText = (epsilon: number): string =>
  Number.isFinite(epsilon) ? String(Number(epsilon.toPrecision(3))) : 'unbounded';

/** Between what a guarantee stands, as a clause. */
export const adjacencyText = ({ type }: Noised): string =>
  type === 'local'
    ? 'between any two updates that a device could have sent'
    : 'between a device that takes part, with everything it ever sent, and one that never did';

/** In a list of settings. */
export const privacyWords = (privacy: Privacy): string =>
  privacy.type === 'none'
    ? 'no noise'
    : `noise of ${privacy.type === 'local' ? 'each device' : 'the server'}: clip norm ${privacy.clipNorm}, noise multiplier ${privacy.noiseMultiplier}; at most ε ${epsilonText(privacy.epsilon)} at δ ${deltaText(privacy.delta)}, ${adjacencyText(privacy)}`;

export function protectionWords(
  privacy: Noised,
  things: string,
): { readonly head: string; readonly body: string } {
  const { type, clipNorm, epsilon, delta } = privacy;
  const most = releasesWithin(privacy);
  const budget = `At most ε ${epsilonText(epsilon)} at δ ${deltaText(delta)}, ${adjacencyText(privacy)}: ${most === 1 ? 'one update' : `${most} updates`} of each device, and no more.`;
  if (type === 'local') {
    const deviation = privacy.noiseMultiplier * sensitivityFactor(privacy) * clipNorm;
    return {
      head: 'Each update is limited and blurred with noise on this device, before it leaves.',
      body: `It is cut to a length of ${clipNorm}, and every number in it is moved by chance, by ${Number(deviation.toPrecision(3))} or so. So nobody, the server included, learns much about your ${things} from it. ${budget}`,
    };
  }
  return {
    head: 'Each update is limited, and their sum is blurred with noise before a version is made of it.',
    body: `It is cut to a length of ${clipNorm}; whoever sees every version learns little about your ${things}. Single updates are not hidden from the server, which adds the noise: whoever runs it could look at one before. ${budget}`,
  };
}

/** After so many updates of this device. */
export const spentWords = (privacy: Noised, updates: number): string =>
  `So far at most ε ${epsilonText(epsilonOf(updates * costOf(privacy), privacy.delta))} of ${epsilonText(privacy.epsilon)} at δ ${deltaText(privacy.delta)}.`;
