// How the encoding scales numbers. The values themselves stay in their own units, so that what a model says of a column can be read; a
// second scale takes the place of the first, which is what scaling scaled values would come to.
import * as v from 'valibot';
import { momentsOf } from '../../exploration/number-summary.ts';
import { quantile } from '../../metrics/quantile.ts';
import { ok } from '../../result.ts';
import { roundedTo } from '../rounded-to.ts';
import { defineStep, noteNothing, pickColumns } from '../step.ts';
import { changeColumns, isNumber, type Scale } from '../table.ts';

export const ScaleState = v.array(
  v.strictObject({ name: v.string(), shift: v.number(), factor: v.pipe(v.number(), v.gtValue(0)) }),
);

export const scale = defineStep({
  name: 'scale',
  title: 'Scale numbers',
  description:
    'standard: mean 0 and standard deviation 1 (over n); min-max: 0 to 1; robust: by median and quartiles. As scikit-learn’s StandardScaler, MinMaxScaler and RobustScaler; a column without spread is only moved.',
  fields: {
    columns: { type: 'columns', title: 'Columns of numbers', of: 'number' },
    method: { type: 'choice', title: 'How', choices: ['standard', 'min-max', 'robust'], default: 'standard' },
    rounded: { type: 'flag', title: 'To four digits', default: false },
  },
  state: ScaleState,
  fit({ columns: names, method, rounded }, table) {
    const columns = pickColumns(table, names, isNumber, 'numbers');
    if (!columns.ok) return columns;
    return ok({
      state: columns.value.map(({ name, values }) => {
        const exact = scaleOf(values, method);
        return { name, ...(rounded ? roundedScale(exact) : exact) };
      }),
      notes: names === null ? [] : noteNothing(columns.value.length, 'numbers'),
    });
  },
  apply: (_, state, table) =>
    changeColumns(table, state, (column, { shift, factor }) =>
      column.type === 'number' ? [{ ...column, scale: { shift, factor } }] : [column],
    ),
});

function scaleOf(values: Float64Array, method: 'standard' | 'min-max' | 'robust'): Scale {
  if (method === 'standard') return scaleOfMoments(momentsOf(values));
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return { shift: 0, factor: 1 };
  const [low, high] = method === 'min-max' ? [0, 1] : [0.25, 0.75];
  const spread = quantile(sorted, high) - quantile(sorted, low);
  return { shift: quantile(sorted, method === 'min-max' ? 0 : 0.5), factor: spread > 0 ? spread : 1 };
}

/** `squares`: Σ (x − mean)². */
export function scaleOfMoments(moments: {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}): Scale {
  const spread = moments.count === 0 ? 0 : Math.sqrt(moments.squares / moments.count);
  return { shift: moments.mean, factor: spread > 0 ? spread : 1 };
}

/** Short enough to be read: the factor to four digits, the shift to a thousandth of it, not of itself: years and densities lie far from zero. */
export function roundedScale({ shift, factor }: Scale): Scale {
  const short = Number(factor.toPrecision(4));
  return { shift: roundedTo(shift, short / 1000, Math.round), factor: short };
}
