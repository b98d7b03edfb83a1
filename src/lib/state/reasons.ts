// Why a model of a federation says what it says of one input, asked of it on this device: what each column adds, or what its answer loses
// where a part of the picture is covered. Loaded when somebody asks.
import { classLabels, encodedWidth, type ImageContract, type TableContract } from '../core/data/contract.ts';
import { askedAtOnce } from '../core/explanation/asked-at-once.ts';
import { columnPlaces } from '../core/explanation/black-box.ts';
import { occlusion } from '../core/explanation/occlusion.ts';
import { shapley } from '../core/explanation/shapley.ts';

/** What the model says of encoded inputs, [count, outputs]. */
export type AskModel = (features: Uint8Array | Float32Array, count: number) => Promise<ArrayLike<number>>;

export type Reasons =
  | {
      readonly type: 'columns';
      /** What the numbers are of, as a phrase; base + Σ effects = score. */
      readonly of: string;
      readonly base: number;
      readonly score: number;
      /** The largest first. */
      readonly effects: readonly { readonly column: string; readonly effect: number }[];
    }
  | {
      readonly type: 'picture';
      readonly height: number;
      readonly width: number;
      /** [height, width] within ±1: above 0 speaks for the answer. */
      readonly map: Float32Array<ArrayBuffer>;
    };

/** Inputs that the model is asked about at once. */
const AT_ONCE = 512;

/** `features`: one encoded input; `output`: the class that was answered, 0 of a number. */
export async function reasonsFor(
  contract: ImageContract | TableContract,
  features: Uint8Array | Float32Array,
  output: number,
  ask: AskModel,
): Promise<Reasons> {
  const labels = classLabels(contract);
  const size = labels?.length ?? 1;
  const score = async (rows: Uint8Array | Float32Array, count: number): Promise<Float64Array> => {
    const width = rows.length / count;
    const scores = new Float64Array(count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const own = Math.min(AT_ONCE, count - from);
      const outputs = await ask(rows.slice(from * width, (from + own) * width), own);
      for (let at = 0; at < own; at += 1) scores[from + at] = outputs[at * size + output]!;
    }
    return scores;
  };
  if (contract.kind === 'image') {
    const { height, width, channels } = contract;
    // As bytes, which is what models of pictures are given.
    const asBytes = (pictures: Float32Array, count: number) => score(Uint8Array.from(pictures), count);
    const { loss } = await occlusion(asBytes, features, [height, width, channels]);
    const most = loss.reduce((highest, one) => Math.max(highest, Math.abs(one)), 0);
    return { type: 'picture', height, width, map: most === 0 ? loss : loss.map((one) => one / most) };
  }
  const columns = columnPlaces(contract);
  // Encoded, the contract's means are 0 and no category is known.
  const background = new Float32Array(
    contract.columns.reduce((sum, column) => sum + encodedWidth(column), 0),
  );
  const options = { columns, background, backgroundCount: 1, seed: 1 };
  const row = Float32Array.from(features);
  const { base, score: reached, effects } = await askedAtOnce((asked) => shapley(asked, row, options), score);
  const { target } = contract;
  const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
  return {
    type: 'columns',
    of: labels === undefined ? target.name : `share of “${labels[output] ?? ''}”`,
    base: base * scale + shift,
    score: reached * scale + shift,
    effects: contract.columns
      .map(({ name }, at) => ({ column: name, effect: (effects[at] ?? 0) * scale }))
      .toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect)),
  };
}
