// With how many others a device of a large cohort masks and shares its secrets, and how many shares open one: Bell et al. 2020
// (SecAgg+), by exact hypergeometric tails. Up to COMPLETE_COHORT devices each masks with all others, and thresholds are those of the
// whole roster (rules.ts); beyond, each has `neighbours` on a ring in an order that nobody chose (graph.ts).
//
// Two kinds of server. Under the lenient profile it follows the protocol, and devices go as they like: what must not happen by chance is
// that a device's secrets can be opened by its neighbours in league with the server alone, or that those who stay fall apart into groups
// whose sums could be read. Under the standard profile it lies: it sees the ring, and then says whose vectors did not come. At the
// paper's sizes it would leave out the few dozen neighbours of one device and read that device's update. So devices hold it to more:
// of any k/2 in a row on the ring so many must have shared keys (`arrived`), and so many must be in the sum (`stay`), that more are
// left of both than are ever in league in a row.
import { MOST_NEIGHBOURS, thresholdOf, type SecureProfile } from './rules.ts';

/** So large a roster is a complete graph (SECURE_AGGREGATION, §1.7). */
export const COMPLETE_COHORT = 100;

/** Chances: that anything of a device is seen, and that an honest round cannot be opened. */
const PRIVACY = 2 ** -40;
const FAILURE = 2 ** -20;

/** γ where less is said: a ring is laid out for no fewer devices in league with the server. */
const LEAST_COLLUDING = 0.05;

/** Devices that show keys and go before they share them: of rosters, 3 % are allowed for. */
const GONE_EARLY = 0.03;

export interface Neighbourhood {
  /** k: even on a ring; all others in a complete graph. */
  readonly neighbours: number;
  /** t: so many shares open a secret. */
  readonly threshold: number;
  /** Of the k/2 beside it on either side, so many must have shared keys with a device, and… */
  readonly arrived: number;
  /** …of any k/2 in a row on the ring so many must be in the sum. 0: a complete graph has its own thresholds. */
  readonly stay: number;
}

export interface Expected {
  readonly profile: SecureProfile;
  /** γ: the share of devices that may be in league with the server. */
  readonly colluding: number;
  /** δ: the share of the roster that may be missing in the sum. */
  readonly leaving: number;
}

/** Of a roster at least so many are allowed to be missing. */
const LEAST_LEAVING = 0.1;
/** Beyond those whom the goal does not wait for. */
const SPARE_LEAVING = 0.02;

/** δ of a round that goes on without what it asked for beyond its goal, in hundredths. */
export const leavingOf = ({ overSelection }: { readonly overSelection: number }): number =>
  Math.min(0.5, Math.ceil(100 * Math.max(LEAST_LEAVING, 1 - 1 / overSelection + SPARE_LEAVING)) / 100);

/** Undefined: so many devices cannot be summed, for each would need more neighbours than shares can be told apart. */
export type Layout = (roster: number, expected: Expected) => Neighbourhood | undefined;

export const neighbourhoodOf: Layout = (roster, expected) => {
  const { profile } = expected;
  const complete = { neighbours: roster - 1, threshold: thresholdOf(roster, profile), arrived: 0, stay: 0 };
  if (roster <= COMPLETE_COHORT) return complete;
  const colluding = Math.max(expected.colluding, LEAST_COLLUDING);
  const sizes =
    profile === 'lenient'
      ? ringOf(roster, colluding, expected.leaving)
      : ringAgainstLies(roster, colluding, expected.leaving);
  if (sizes !== undefined) return sizes;
  return roster - 1 <= MOST_NEIGHBOURS ? complete : undefined;
};

/** Smallest k, then t, where the server follows the protocol: the table of SECURE_AGGREGATION, §1.7. */
export function ringOf(roster: number, colluding: number, leaving: number): Neighbourhood | undefined {
  const odds = oddsOf(roster);
  const [inLeague, gone] = [Math.floor(colluding * roster), Math.floor(leaving * roster)];
  let threshold = 1;
  for (let half = 1; 2 * half < Math.min(roster - 1, MOST_NEIGHBOURS + 1); half += 1) {
    threshold = leastUnlikely(odds, inLeague, 2 * half, threshold);
    // Those who stay fall apart only where k/2 in a row are in league or gone (Bell et al. 2020, lemma 3.6).
    if (roster * (colluding + leaving) ** half > PRIVACY) continue;
    if (roster * odds.fewer(roster - 1 - gone, 2 * half, threshold) > FAILURE) continue;
    return { neighbours: 2 * half, threshold, arrived: 1, stay: 1 };
  }
  return undefined;
}

/**
 * The same where the server chooses, knowing the ring, whose vectors it leaves out, and whose shares it forwards to whom. Of k/2 in a row
 * fewer than `s` are in league. A device masks with `arrived` of them, and `stay` are in the sum: at least arrived + stay − k/2 = s are
 * both, so that one of those is honest, and its mask is on.
 */
function ringAgainstLies(roster: number, colluding: number, leaving: number): Neighbourhood | undefined {
  const odds = oddsOf(roster);
  const count = (share: number): number => Math.floor(share * roster);
  let [threshold, s] = [1, 1];
  for (let half = 1; 2 * half < Math.min(roster - 1, MOST_NEIGHBOURS + 1); half += 1) {
    threshold = leastUnlikely(odds, count(colluding), 2 * half, threshold);
    s = leastUnlikely(odds, count(colluding), half, s);
    let missing = 0;
    while (roster * odds.atLeast(count(GONE_EARLY), half, missing + 1) > FAILURE) missing += 1;
    const [arrived, stay] = [half - missing, s + missing];
    if (stay > arrived) continue;
    if (roster * odds.atLeast(count(leaving), half, half - stay + 1) > FAILURE) continue;
    if (roster * odds.fewer(roster - 1 - count(leaving), 2 * half, threshold) > FAILURE) continue;
    return { neighbours: 2 * half, threshold, arrived, stay };
  }
  return undefined;
}

interface Odds {
  /** That of `drawn` others, of whom `marked` are of a kind, at least `least` are of that kind. */
  atLeast(marked: number, drawn: number, least: number): number;
  /** That fewer are. */
  fewer(marked: number, drawn: number, than: number): number;
}

/** Least number ≥ `from` of devices in league among `drawn` that no device of the roster has, but with the chance PRIVACY. */
function leastUnlikely(
  odds: Odds & { readonly roster: number },
  inLeague: number,
  drawn: number,
  from: number,
) {
  let least = from;
  while (odds.roster * odds.atLeast(inLeague, drawn, least) > PRIVACY) least += 1;
  return least;
}

/** Tails of the hypergeometric distribution over a device's roster − 1 others. */
function oddsOf(roster: number): Odds & { readonly roster: number } {
  const others = roster - 1;
  const logFactorials = new Float64Array(others + 1);
  for (let i = 1; i <= others; i += 1) logFactorials[i] = logFactorials[i - 1]! + Math.log2(i);
  const logChoose = (n: number, k: number): number =>
    k < 0 || k > n ? -Infinity : logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!;
  const sum = (marked: number, drawn: number, from: number, to: number): number => {
    const all = logChoose(others, drawn);
    let chance = 0;
    for (let i = from; i <= to; i += 1)
      chance += 2 ** (logChoose(marked, i) + logChoose(others - marked, drawn - i) - all);
    return chance;
  };
  return {
    roster,
    atLeast: (marked, drawn, least) => sum(marked, drawn, least, Math.min(marked, drawn)),
    fewer: (marked, drawn, than) => sum(marked, drawn, 0, than - 1),
  };
}
