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
    : type === 'distributed'
      ? 'between a device that takes part, with everything it ever learned, and one that sent its noise alone'
      : 'between a device that takes part, with everything it ever sent, and one that never did';

const whose = {
  central: 'the server',
  local: 'each device',
  distributed: 'all devices inside the secure sum',
} as const;

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** In a list of settings. */
export const privacyWords = (privacy: Privacy): string =>
  privacy.type === 'none'
    ? 'no noise'
    : `noise of ${whose[privacy.type]}: clip norm ${privacy.clipNorm}, noise multiplier ${privacy.noiseMultiplier}${privacy.samplingRate === undefined ? '' : `, each device drawn with a chance of ${percent(privacy.samplingRate)}`}; at most ε ${epsilonText(privacy.epsilon)} at δ ${deltaText(privacy.delta)}, ${adjacencyText(privacy)}`;

export function protectionWords(
  privacy: Noised,
  things: string,
): { readonly head: string; readonly body: string } {
  const { type, clipNorm, epsilon, delta } = privacy;
  const bound = `At most ε ${epsilonText(epsilon)} at δ ${deltaText(delta)}, ${adjacencyText(privacy)}`;
  if (privacy.samplingRate !== undefined)
    return {
      head: 'Each update is limited, and their sum is blurred with noise before a version is made of it.',
      body: `It is cut to a length of ${clipNorm}. In each round the server draws by chance which of the invited devices take part, each with a chance of ${percent(privacy.samplingRate)}, and tells nobody which: whoever sees every version, and not whom it drew, learns little about your ${things}. The bound counts on that draw, and you must trust the server for it; single updates are not hidden from it either. ${bound}, over all rounds together, in whichever this device is drawn.`,
    };
  const most = releasesWithin(privacy);
  const budget = `${bound}: ${most === 1 ? 'one update' : `${most} updates`} of each device, and no more.`;
  if (type === 'local') {
    const deviation = privacy.noiseMultiplier * sensitivityFactor(privacy) * clipNorm;
    return {
      head: 'Each update is limited and blurred with noise on this device, before it leaves.',
      body: `It is cut to a length of ${clipNorm}, and every number in it is moved by chance, by ${Number(deviation.toPrecision(3))} or so. So nobody, the server included, learns much about your ${things} from it. ${budget}`,
    };
  }
  if (type === 'distributed')
    return {
      head: 'The server can read only the sum of at least five devices’ updates, and that is blurred with noise of them all.',
      body: `Each update is cut to a length of ${clipNorm} and given a share of the noise on its device, before it is masked: nobody knows the noise of the sum, and whoever sees it and every version learns little about your ${things}. Devices in league with whoever runs the server could take their own shares away again. ${budget}`,
    };
  return {
    head: 'Each update is limited, and their sum is blurred with noise before a version is made of it.',
    body: `It is cut to a length of ${clipNorm}; whoever sees every version learns little about your ${things}. Single updates are not hidden from the server, which adds the noise: whoever runs it could look at one before. ${budget}`,
  };
}

/** After so many updates of this device. */
export const spentWords = (privacy: Noised, updates: number): string =>
  privacy.samplingRate !== undefined
    ? `Each round costs it the same, drawn or not; all together at most ε ${epsilonText(privacy.epsilon)} at δ ${deltaText(privacy.delta)}.`
    : `So far at most ε ${epsilonText(epsilonOf(updates * costOf(privacy), privacy.delta, privacy.type))} of ${epsilonText(privacy.epsilon)} at δ ${deltaText(privacy.delta)}.`;
