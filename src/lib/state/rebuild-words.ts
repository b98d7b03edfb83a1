// What the preview of a rebuilt row says, in words: for the person whose row it is.
import { DAY_MS, isoText } from '../core/data/iso-time.ts';
import { encodedWidth, type DataContract, type TableContract } from '../core/data/contract.ts';
import { thingOf } from '../core/data/example-words.ts';
import { secureSumOf, type NetworkFederation } from '../core/federation.ts';
import type { AttackName } from '../core/inversion/attack-update.ts';
import type { Verdict } from '../core/inversion/findings.ts';
import { cellOf, rightColumns } from '../core/inversion/likeness.ts';
import type { PreviewedSetting, RebuildPreview } from '../participant/rebuild-preview.ts';
import { counted, number, percent } from './format.ts';

type Kind = DataContract['kind'];
const thing = (kind: Kind): string => thingOf({ kind });

/** "All 64 pictures in 8 steps: the update that would be sent" */
export function settingTitle(
  { name, rows, steps, devices }: PreviewedSetting,
  kind: Kind,
  summed: boolean,
): string {
  const things = counted(rows, thing(kind));
  switch (name) {
    case 'one-row':
      return `One ${thing(kind)} in one step: the worst that could be`;
    case 'one-batch':
      return `${things} in one step`;
    case 'whole':
      return `${things} in ${counted(steps, 'step')}: ${summed ? 'your update, if it were not summed' : 'the update that would be sent'}`;
    case 'sum':
      return `${things} on ${devices} devices like this one: the sum that the server would see`;
    default:
      return name satisfies never;
  }
}

const measure = (kind: Kind, likeness: number): string =>
  kind === 'table' ? `${percent(likeness, 0)} of its columns` : `${number(likeness, 2)}\u202fdB`;

/** What the figure is, for whoever wants to know. */
export const measureName = (kind: Kind): string =>
  kind === 'table'
    ? 'Columns that are right: the category, or a number within a tenth of its column’s standard deviation.'
    : 'Peak signal-to-noise ratio: from about 18 dB on a small picture is recognised, at 100 dB nothing differs.';

export const verdictWord: Readonly<Record<Verdict, string>> = {
  rebuilt: 'Rebuilt',
  traces: 'Traces',
  nothing: 'Nothing found',
};

/** One sentence of one finding. */
export function findingSentence({ likeness, without, verdict }: PreviewedSetting, kind: Kind): string {
  if (likeness === null) return 'The update gave this attack nothing to begin with.';
  const reached = measure(kind, likeness);
  const guessed = without === null ? '' : ` Without the update one comes to ${measure(kind, without)}.`;
  switch (verdict) {
    case 'rebuilt':
      return `Whoever knows this ${thing(kind)} would recognise it: ${reached}.${guessed}`;
    case 'traces':
      return `Closer than guessing, and not the ${thing(kind)} itself: ${reached}.${guessed}`;
    case 'nothing':
      return `No closer than guessing: ${reached}.${guessed}`;
    default:
      return verdict satisfies never;
  }
}

/** What it comes to under the settings in force, which are the last that were tried. */
export function conclusion({ settings }: RebuildPreview, kind: Kind): string {
  const last = settings.at(-1);
  switch (last?.verdict) {
    case 'rebuilt':
      return `Under this federation’s settings at least one of your ${thing(kind)}s can be rebuilt from what is read.`;
    case 'traces':
      return `Under this federation’s settings something of your ${thing(kind)}s shows in what is read, and none was rebuilt here.`;
    default:
      return `Under this federation’s settings this attack found none of your ${thing(kind)}s.`;
  }
}

/** Which attack it was, and what it does not prove. */
export const attackSentence = (attack: AttackName): string =>
  attack === 'dense-layer'
    ? 'Read off the first layer, whose changes are sums of its inputs (Phong et al. 2017; Fowl et al. 2022). Where it finds nothing, a better attack may.'
    : 'Searched for as the one example whose gradient points where the update does (Geiping et al. 2020), for a minute at most, with its label given. Longer searches find more, and looking for many at once was not tried.';

/** What each protection does to it: whether it is in force here, and what it would change. */
export function changes({ privacy, rules, secureSum, plan, transfer }: NetworkFederation): string[] {
  const sum = secureSumOf({ secureSum })
    ? `The secure sum is on: the server sees the sum of about ${rules.goal} devices’ updates, and no single one.`
    : `No secure sum: the server reads this device’s update by itself. With one it would see only the sum of at least five.`;
  const noise = {
    none: 'No noise is added. It is the only one of these protections that promises something of every attack.',
    central: `The server adds noise after it has read this update: the preview shows what the server could read. Versions, which all others see, have the noise.`,
    local: 'This device adds noise before the update leaves it; the preview had the same noise.',
    distributed:
      'Each device adds a share of the noise before it masks its update; the preview had the same shares.',
  } as const;
  return [
    `Batches are of ${plan.batchSize}. More rows in one step and more steps are mixed into each other; one that stands out may still come out of the mixture.`,
    sum,
    noise[privacy.type],
    ...(transfer.uplink === 'f32'
      ? []
      : ['The update is sent shortened, which blurs what is rebuilt. It was not made for hiding.']),
  ];
}

export interface ComparedCell {
  readonly column: string;
  readonly own: string;
  readonly guess: string;
  readonly right: boolean;
}

/** A row and its guess, column by column, in the contract's own units. */
export function comparedCells(
  { columns }: TableContract,
  own: ArrayLike<number>,
  guess: ArrayLike<number>,
): ComparedCell[] {
  const right = rightColumns(columns, guess, own);
  let at = 0;
  return columns.map((column, index) => {
    const text = (row: ArrayLike<number>): string => {
      const cell = cellOf(column, row, at);
      if (cell === undefined) return 'empty';
      if (column.type !== 'number' && column.type !== 'category') return '';
      return column.type === 'category'
        ? (column.categories[cell] ?? '')
        : column.reads === 'time'
          ? isoText(Math.round(cell * column.standardDeviation + column.mean) * DAY_MS)
          : number(cell * column.standardDeviation + column.mean);
    };
    const compared = { column: column.name, own: text(own), guess: text(guess), right: right[index]! };
    at += encodedWidth(column);
    return compared;
  });
}

/** Values in 0 … 1 as bytes to draw. */
export const pixelsOf = (values: ArrayLike<number>): Uint8Array =>
  Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
