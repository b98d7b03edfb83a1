// An explanation of a model that is somewhere else (in a worker, on an engine) and answers later. Which rows an explanation asks about never
// hangs on what the model says of others, so they are gathered in a first pass, asked for together, and read back in a second.
import type { ScoreRows } from './black-box.ts';

/** `explain` must ask about the same rows in the same order each time. Rejects as `score` does. */
export async function askedAtOnce<Explained>(
  explain: (score: ScoreRows) => Explained,
  score: (features: Float32Array<ArrayBuffer>, count: number) => Promise<ArrayLike<number>>,
): Promise<Explained> {
  const asked: { readonly features: Float32Array; readonly count: number }[] = [];
  explain((features, count) => {
    asked.push({ features: features.slice(), count });
    return new Float64Array(count);
  });
  const all = new Float32Array(asked.reduce((sum, { features }) => sum + features.length, 0));
  let at = 0;
  for (const { features } of asked) {
    all.set(features, at);
    at += features.length;
  }
  const scores = await score(
    all,
    asked.reduce((sum, { count }) => sum + count, 0),
  );
  let from = 0;
  return explain((_, count) => Float64Array.from({ length: count }, () => scores[from++]!));
}
