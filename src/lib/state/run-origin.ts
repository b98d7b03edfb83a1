// Where a run branched from another, in words.
import type { RunOrigin } from '../ports/participant-store.ts';
import { count } from './format.ts';

const titles: Readonly<Record<string, string>> = { learningRate: 'learning rate', localEpochs: 'epochs' };

/** "learning rate 0.1 → 0.05" */
export const changeText = ({ field, from, to }: RunOrigin['changed'][number]): string =>
  `${titles[field] ?? field} ${from} → ${to}`;

export const originSentence = ({ step, changed }: RunOrigin): string =>
  `Branched after step ${count(step)}: ${changed.length === 0 ? 'nothing was changed' : changed.map(changeText).join(', ')}.`;
