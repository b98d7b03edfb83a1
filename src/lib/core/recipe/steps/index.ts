// The steps that a recipe may be made of, in the order in which they are usually done: a new step of a form comes before the first that
// stands after it here.
import type { Step } from '../step.ts';
import { bin } from './bin.ts';
import { cast } from './cast.ts';
import { clip } from './clip.ts';
import { cross } from './cross.ts';
import { dates } from './dates.ts';
import { dedupe } from './dedupe.ts';
import { dropRows } from './drop-rows.ts';
import { dropUseless } from './drop-useless.ts';
import { drop } from './drop.ts';
import { hashText } from './hash-text.ts';
import { hashedTerms } from './hashed-terms.ts';
import { impute } from './impute.ts';
import { log } from './log.ts';
import { oneHot } from './one-hot.ts';
import { replace } from './replace.ts';
import { scale } from './scale.ts';
import { terms } from './terms.ts';
import { tfIdf } from './tf-idf.ts';
import { trim } from './trim.ts';
import { words } from './words.ts';

export const steps: readonly Step[] = [
  trim,
  replace,
  dates,
  terms,
  words,
  tfIdf,
  hashText,
  hashedTerms,
  cast,
  drop,
  dropUseless,
  dropRows,
  dedupe,
  impute,
  clip,
  log,
  bin,
  cross,
  oneHot,
  scale,
];

export const stepNamed = (name: string): Step | undefined => steps.find((step) => step.name === name);
