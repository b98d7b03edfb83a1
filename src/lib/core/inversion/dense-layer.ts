// What a dense first layer gives away: the gradient of unit j's kernel is Σ δ_j·x over the rows, that of its bias Σ δ_j, so that their
// quotient is an average of the rows, and with one row the row itself, to the last digit. Phong, Aono, Hayashi, Wang & Moriai 2017,
// "Privacy-Preserving Deep Learning via Additively Homomorphic Encryption", §3; for averages, and units that few rows excite,
// Fowl, Geiping, Czaja, Goldblum & Goldstein 2022, "Robbing the Fed", §3. Steps of plain SGD, with or without momentum, keep it so.
import type { Network } from '../model/network.ts';

/** More guesses than this are not looked at: an attacker reads the units that moved most. */
const MOST_UNITS = 128;

export interface DenseEntry {
  /** Values of one example, and units of the layer. */
  readonly inputs: number;
  readonly units: number;
  /** Where kernel [inputs, units] and bias [units] begin in the flat buffer. */
  readonly kernel: number;
  readonly bias: number;
}

/** The first layer with parameters, if it is dense, has a bias and sees the example as it is. */
export function denseEntry({ layers }: Network): DenseEntry | undefined {
  const at = layers.findIndex((layer) => layer.spec.type !== 'flatten');
  const layer = layers[at];
  if (layer?.spec.type !== 'dense' || layer.kernel === undefined || layer.bias === undefined)
    return undefined;
  const [inputs = 0, units = 0] = layer.kernel.shape;
  return { inputs, units, kernel: layer.kernel.offset, bias: layer.bias.offset };
}

/**
 * Guesses [inputs] from an update [P], the best supported first: the one input that would explain all units (least squares over
 * them), then one of each unit that moved. None where no bias moved.
 */
export function guessesOf(entry: DenseEntry, update: ArrayLike<number>): Float32Array<ArrayBuffer>[] {
  const { inputs, units, kernel, bias } = entry;
  const moved = Array.from({ length: units }, (_, unit) => ({ unit, by: update[bias + unit]! }))
    .filter(({ by }) => by !== 0)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  if (moved.length === 0) return [];
  const squares = moved.reduce((sum, { by }) => sum + by * by, 0);
  const all = new Float32Array(inputs);
  for (let input = 0; input < inputs; input += 1) {
    let sum = 0;
    for (const { unit, by } of moved) sum += update[kernel + input * units + unit]! * by;
    all[input] = sum / squares;
  }
  const each = moved
    .slice(0, MOST_UNITS)
    .map(({ unit, by }) =>
      Float32Array.from({ length: inputs }, (_, input) => update[kernel + input * units + unit]! / by),
    );
  return [all, ...each].filter((guess) => guess.every(Number.isFinite));
}
