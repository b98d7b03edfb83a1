// Classes brought into balance among the rows that a model learns from: what can be asked of which rows, and what came of it in words. The
// rows themselves are core/balance's; a page loads nothing else of the workbench for this.
import type { Balance } from '../../core/balance/balances.ts';
import { classLabels, type DataContract } from '../../core/data/contract.ts';
import { quoted } from '../../core/spoken-list.ts';
import type { Report } from './judge.ts';

/** What was added to learn from, and to which classes; all of it can be written down. */
export interface Balanced {
  /** Between neighbours; copies that are varied anew in each epoch; or copies as they are. */
  readonly by: 'between' | 'varied' | 'copies';
  readonly classes: readonly {
    readonly label: string;
    /** As they came. */
    readonly rows: number;
    readonly added: number;
  }[];
}

/** Why these rows cannot be balanced so, in a sentence. `isVaried`: the model that is asked for varies pictures, by its settings. */
export function balanceProblem(how: Balance, contract: DataContract, isVaried: boolean): string | undefined {
  if (how === 'none') return undefined;
  if (classLabels(contract) === undefined)
    return 'What is predicted is a number, and numbers have no rare classes to bring up. Leave the balance out, or ask whether the number lies above another.';
  if (how === 'repeat') return undefined;
  switch (contract.kind) {
    case 'audio':
      return 'Recordings are not made up here: sound is not varied, and nothing lies between two recordings. Repeat those of rare classes instead (--balance repeat).';
    case 'image':
      return isVaried
        ? undefined
        : 'Pictures of rare classes are made up by varying each copy anew, and the model asked for varies none. Name a convolutional network with a variation, as cnn-small:flip=1,shift=0.1, or repeat them as they are (--balance repeat).';
    case 'table':
      if (contract.series !== undefined)
        return 'Windows are not made up here: what lies between two of them is the course of no series. Repeat those of rare classes instead (--balance repeat).';
      return contract.columns.some(({ type }) => type !== 'number' && type !== 'category')
        ? 'Texts are not made up here: nothing lies between two of them. Repeat the rows of rare classes instead (--balance repeat), or leave the texts out.'
        : undefined;
    default:
      return contract satisfies never;
  }
}

export const balancedAs = (
  how: Exclude<Balance, 'none'>,
  contract: DataContract,
  isVaried: boolean,
): Balanced['by'] =>
  isVaried ? 'varied' : how === 'synthetic' && contract.kind === 'table' ? 'between' : 'copies';

/** In a few words, for a line of a form. */
export const balanceNames = {
  none: 'as they come',
  repeat: 'rare classes repeated',
  synthetic: 'rare classes made up',
} as const satisfies Record<Balance, string>;

/** As a manifest keeps it. */
export const balanceTold = ({ balanced }: { readonly balanced?: Balanced | undefined }) =>
  balanced === undefined
    ? {}
    : { balanced: { by: balanced.by, classes: balanced.classes.map((one) => ({ ...one })) } };

const ways = {
  between: 'made up between neighbours, as SMOTE does',
  varied: 'copies, each varied anew in every epoch',
  copies: 'copies as they are',
} as const;
/** So many classes are named. */
const SHOWN = 8;

/** What was added, and to which classes. */
export function addedSentence({ by, classes }: Balanced): string {
  const added = classes.filter((one) => one.added > 0);
  if (added.length === 0) return 'The classes were in balance as they came: nothing was added to learn from.';
  const named = added
    .slice(0, SHOWN)
    .map(({ label, rows, added }) => `${added} of ${quoted(label)} beside ${rows} of its own`);
  const others = added.length - named.length;
  return `Added to learn from, and to nothing else: ${named.join('; ')}${
    others > 0 ? `; likewise of ${others} more classes` : ''
  } (${ways[by]}). None of them judges, and the baselines learn without them: compare by balanced accuracy, since accuracy is mostly the commonest class’s.`;
}

/** Of a model that learnt from classes in balance: what its shares are. */
export const SHIFTED =
  'Its shares are those of classes that are equally common, and too high for the rare ones where they are rare.';

/** Whether anything was added, so that it says as much. */
export const isShifted = (balanced: Balanced | undefined): boolean =>
  balanced?.classes.some(({ added }) => added > 0) === true;

/** With the figure that says how far off they are; undefined where nothing was added. */
export const shiftedSentence = (balanced: Balanced, report: Report): string | undefined =>
  report.type === 'number' || !isShifted(balanced)
    ? undefined
    : `${SHIFTED}${
        report.calibrationError === undefined
          ? ''
          : ` Calibration error on the rows held out, as they came: ${report.calibrationError.toFixed(3)}.`
      }`;
