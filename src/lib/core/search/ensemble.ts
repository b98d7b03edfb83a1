// Greedy selection of models that answer together (Caruana, Niculescu-Mizil, Crew & Ksikes 2004, "Ensemble Selection from Libraries of
// Models", §2.1–2.2): again and again the model is added, with replacement, whose being in the mean makes it best on rows that none has
// learnt from. How often each was added is its weight. The loss is a smooth one (nats, squares), which few rows decide better than
// how many answers are right.

/** [rows] of one model: the share it gives to the true class of each row, or how far off its number is. */
export type Answers = Float64Array;

export interface Selection {
  /** [models]: how often each was added; at least one is. */
  readonly picks: readonly number[];
  readonly loss: number;
}

export interface SelectionRule {
  readonly kind: 'shares' | 'errors';
  /** Models are added so often at most; what was best on the way stands. */
  readonly rounds: number;
  /** Different ones at most. */
  readonly members: number;
}

/** A share of nothing costs as much as this one: one row that a model is sure of and wrong decides nothing by itself. */
const LEAST_SHARE = 1e-3;

/** Yields between rounds. `rows`: numbers of those that judge, at least one; of equal models the first is added. */
export function* selectEnsemble(
  models: readonly Answers[],
  rows: Uint32Array,
  { kind, rounds, members }: SelectionRule,
): Generator<void, Selection, undefined> {
  const sum = new Float64Array(rows.length);
  const picks = models.map(() => 0);
  let best: Selection = { picks, loss: Infinity };
  for (let round = 1; round <= rounds; round += 1) {
    const isFull = picks.filter((count) => count > 0).length >= members;
    let [next, lowest] = [-1, Infinity];
    for (const [at, answers] of models.entries()) {
      if (isFull && picks[at] === 0) continue;
      let loss = 0;
      for (let i = 0; i < rows.length; i += 1) {
        const mean = (sum[i]! + answers[rows[i]!]!) / round;
        loss += kind === 'shares' ? -Math.log(Math.max(mean, LEAST_SHARE)) : mean * mean;
      }
      if (loss < lowest) [next, lowest] = [at, loss];
    }
    const added = models[next];
    if (added === undefined) break;
    for (let i = 0; i < rows.length; i += 1) sum[i]! += added[rows[i]!]!;
    picks[next]! += 1;
    // A larger one must earn its size: what is worth as much with fewer picks stands.
    if (lowest / rows.length < best.loss) best = { picks: [...picks], loss: lowest / rows.length };
    yield;
  }
  return best;
}
