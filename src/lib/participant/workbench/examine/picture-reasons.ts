// Why a model says what it says of a held-out picture: where it looks (Grad-CAM), what each pixel adds (integrated gradients), and what it
// loses where a part is covered, which any model can be asked.
import { occlusion } from '../../../core/explanation/occlusion.ts';
import { predictedClass } from '../../../core/metrics/class-scores.ts';
import { fail, ok, type Result } from '../../../core/result.ts';
import { pictureHeat, picturePath } from '../network-reasons.ts';
import { labelsOf, type Examined } from './examined.ts';

export const waysToExplainPictures = ['grad-cam', 'gradients', 'occlusion'] as const;
export type WayToExplainPictures = (typeof waysToExplainPictures)[number];

export interface PictureExplanation {
  /** The class that it was taken for, and its share. */
  readonly label: string;
  readonly share: number;
  readonly height: number;
  readonly width: number;
  /** [height, width], the farthest from 0 being 1 or −1: above 0 speaks for the class, below against it. */
  readonly map: Float32Array<ArrayBuffer>;
  /** How far its sum is off, where the ways is one that adds up; undefined where it does not. */
  readonly missed: number | undefined;
}

export async function explainPicture(
  examined: Examined,
  row: number,
  way: WayToExplainPictures,
): Promise<Result<PictureExplanation, string>> {
  const { data, outputs, model } = examined;
  const { contract, heldOut } = data;
  const labels = labelsOf(examined);
  if (contract.kind !== 'image' || labels === undefined)
    return fail('Pictures alone are explained so: of rows of a table, ask what each column adds.');
  const { height, width, channels } = contract;
  const size = height * width * channels;
  const output = predictedClass(outputs, row, labels.length);
  const pixels = Float32Array.from(
    heldOut.features.subarray(row * size, (row + 1) * size),
    (byte) => byte / 255,
  );
  const common = {
    label: labels[output] ?? '',
    share: outputs[row * labels.length + output]!,
    height,
    width,
  };
  if (way === 'occlusion') {
    const score = async (pictures: Float32Array<ArrayBuffer>, count: number) => {
      const all = await examined.predict(pictures, count);
      return Float64Array.from({ length: count }, (_, at) => all[at * labels.length + output]!);
    };
    const { loss } = await occlusion(score, pixels, [height, width, channels]);
    return ok({ ...common, map: farthestOne(loss), missed: undefined });
  }
  if (way === 'grad-cam') {
    const heat = pictureHeat(model, pixels, output);
    return heat.ok ? ok({ ...common, map: heat.value.heat, missed: undefined }) : heat;
  }
  const path = picturePath(model, pixels, output);
  if (!path.ok) return path;
  const map = new Float32Array(height * width);
  for (const [at, effect] of path.value.effects.entries()) map[Math.floor(at / channels)]! += effect;
  return ok({ ...common, map: farthestOne(map), missed: path.value.missed });
}

function farthestOne(map: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const most = map.reduce((highest, one) => Math.max(highest, Math.abs(one)), 0);
  return most === 0 ? map : map.map((one) => one / most);
}
