// In which order a round's updates were accepted, as the console may tell it.
import type { RoundView } from '#lib/protocol/views.ts';

/** Names, the first first; none where the round tells nobody whom it had. */
export function asTheyCame({ cohort }: Pick<RoundView, 'cohort'>): readonly string[] {
  return cohort
    .flatMap(({ name, participant, history }) => {
      const at = history.find(({ stage }) => stage === 'accepted')?.at;
      return at === undefined ? [] : [{ name, participant, at }];
    })
    .sort((a, b) => a.at - b.at || (a.participant < b.participant ? -1 : 1))
    .map(({ name }) => name);
}
