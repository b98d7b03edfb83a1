// The end of a series as it came and as it was foretold: the last of the windows that judged the model.
import { fail, ok, type Result } from '../../../core/result.ts';
import { labelsOf, unitsOf, type Examined } from './examined.ts';

export interface Forecast {
  /** Of all series that judged; of one without a name it is empty. */
  readonly names: readonly string[];
  readonly name: string;
  /** The times of the first and the last that are shown. */
  readonly from: string;
  readonly to: string;
  /** Oldest first; `moment` counts the steps of the series, so that what is missing leaves a gap. */
  readonly points: readonly { readonly moment: number; readonly truth: number; readonly says: number }[];
}

/** Ten days of hours. */
const SHOWN = 240;

/** `of`: the name of a series; null, or of none: the first. Refused in a sentence where nothing is foretold. */
export function forecastOf(examined: Examined, of: string | null): Result<Forecast, string> {
  const { heldOut, heldOutMoment } = examined.data;
  if (heldOutMoment === undefined || labelsOf(examined) !== undefined)
    return fail('This model foretells no numbers of a series.');
  const { scale, shift } = unitsOf(examined);
  const all = Array.from({ length: heldOut.count }, (_, row) => ({ row, ...heldOutMoment(row) }));
  const names = [...new Set(all.map(({ series }) => series))];
  const name = of !== null && names.includes(of) ? of : (names[0] ?? '');
  const shown = all
    .filter(({ series }) => series === name)
    .toSorted((a, b) => a.moment - b.moment)
    .slice(-SHOWN);
  return ok({
    names,
    name,
    from: shown[0]?.time ?? '',
    to: shown.at(-1)?.time ?? '',
    points: shown.map(({ row, moment }) => ({
      moment,
      truth: heldOut.targets[row]! * scale + shift,
      says: examined.outputs[row]! * scale + shift,
    })),
  });
}
