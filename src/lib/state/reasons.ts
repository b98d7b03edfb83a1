// Why a model of a federation says what it says of one input, asked of it on this device: what each column adds, and of a text each word,
// or what its answer loses where a part of the picture is covered. Loaded when somebody asks.
import { classLabels, textColumns, type ImageContract, type TableContract } from '../core/data/contract.ts';
import { askedAtOnce } from '../core/explanation/asked-at-once.ts';
import { columnPlaces } from '../core/explanation/black-box.ts';
import { markedText, type MarkedPart } from '../core/explanation/marked-text.ts';
import { occlusion } from '../core/explanation/occlusion.ts';
import { shapley } from '../core/explanation/shapley.ts';
import type { TextEffects } from '../participant/workbench/explain.ts';
import { wordsLeftOut } from './words-left-out.ts';

/** What the model says of encoded inputs, [count, outputs]; `texts`: [columns of texts][count], where the contract has such columns. */
export type AskModel = (
  features: Uint8Array | Float32Array,
  count: number,
  texts?: readonly (readonly string[])[],
) => Promise<ArrayLike<number>>;

export type Reasons =
  | {
      readonly type: 'columns';
      /** What the numbers are of, as a phrase; base + Σ effects = score. */
      readonly of: string;
      readonly base: number;
      readonly score: number;
      /** The largest first. */
      readonly effects: readonly { readonly column: string; readonly effect: number }[];
      /** Of each column of texts that is not empty. */
      readonly texts: readonly { readonly effects: TextEffects; readonly parts: readonly MarkedPart[] }[];
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

/** `features`: one encoded input; `texts`: what stands in its columns of texts; `output`: the class that was answered, 0 of a number. */
export async function reasonsFor(
  contract: ImageContract | TableContract,
  {
    features,
    texts = [],
  }: { readonly features: Uint8Array | Float32Array; readonly texts?: readonly string[] },
  output: number,
  ask: AskModel,
): Promise<Reasons> {
  const labels = classLabels(contract);
  const size = labels?.length ?? 1;
  const score = async (
    rows: Uint8Array | Float32Array,
    count: number,
    columnsOfTexts?: readonly (readonly string[])[],
  ): Promise<Float64Array> => {
    const width = rows.length / count;
    const scores = new Float64Array(count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const own = Math.min(AT_ONCE, count - from);
      const outputs = await ask(
        rows.slice(from * width, (from + own) * width),
        own,
        columnsOfTexts?.map((cells) => cells.slice(from, from + own)),
      );
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
  const row = Float32Array.from(features);
  const written = textColumns(contract);
  const places = columnPlaces(contract);
  // Behind the features, one for each column of texts: whether its text is there, or none.
  const columns = [
    ...places.filter(({ name }) => !written.includes(name)),
    ...written.map((name, at) => ({ name, from: row.length + at, to: row.length + at + 1 })),
  ];
  // Encoded, the contract's means are 0 and no category is known.
  const background = new Float32Array(row.length + written.length);
  const asked = Float32Array.from([...row, ...written.map(() => 1)]);
  const scoreBoth = (rows: Float32Array, count: number): Promise<Float64Array> => {
    if (written.length === 0) return score(rows, count);
    const encoded = new Float32Array(count * row.length);
    const cells = written.map(() => new Array<string>(count).fill(''));
    for (let at = 0; at < count; at += 1) {
      const own = rows.subarray(at * asked.length, (at + 1) * asked.length);
      encoded.set(own.subarray(0, row.length), at * row.length);
      for (const [column, text] of texts.entries())
        if (own[row.length + column] === 1) cells[column]![at] = text;
    }
    return score(encoded, count, cells);
  };
  const options = { columns, background, backgroundCount: 1, seed: 1 };
  const {
    base,
    score: reached,
    effects,
  } = await askedAtOnce((ask) => shapley(ask, asked, options), scoreBoth);
  const { target } = contract;
  const [scale, shift] = target.type === 'number' ? [target.standardDeviation, target.mean] : [1, 0];
  /** Of texts as they are, but for the one at `column`. */
  const scoreTexts = (column: number) => (others: readonly string[]) =>
    score(
      Float32Array.from({ length: others.length * row.length }, (_, at) => row[at % row.length]!),
      others.length,
      texts.map((text, at) => (at === column ? others : others.map(() => text))),
    );
  const told: { effects: TextEffects; parts: MarkedPart[] }[] = [];
  for (const [at, column] of written.entries()) {
    const text = texts[at] ?? '';
    const found = await wordsLeftOut(text, scoreTexts(at));
    if (found.length === 0) continue;
    const words = found.map(({ term, effect }) => ({ term, effect: effect * scale }));
    told.push({
      effects: { column, words, by: 'lime' },
      parts: markedText(text, words, { of: 'words', longest: 1 }),
    });
  }
  return {
    type: 'columns',
    of: labels === undefined ? target.name : `share of “${labels[output] ?? ''}”`,
    base: base * scale + shift,
    score: reached * scale + shift,
    effects: columns
      .map(({ name }, at) => ({ column: name, effect: (effects[at] ?? 0) * scale }))
      .toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect)),
    texts: told,
  };
}
