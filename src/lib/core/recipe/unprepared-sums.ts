/** Why a model of this title, learnt from sums, has no recipe. Here, and not beside the spec, so that the join page does not carry it. */
export const unpreparedSums = (title: string): string =>
  `${title} are learnt from sums over the columns as the contract has them: leave the recipe out, or choose a network.`;
