// The parts of a brief in the order in which a person asks for them, with the words that stand before each. Without the schema
// library: the join page imports this.
import type { Brief } from './federation.ts';

export const briefParts = [
  { name: 'purpose', title: 'Problem' },
  { name: 'decision', title: 'Decision that it informs' },
  { name: 'predicts', title: 'What is predicted' },
  { name: 'unit', title: 'One prediction is for' },
  { name: 'affected', title: 'Whom it affects' },
  { name: 'outOfScope', title: 'Not to be used for' },
  { name: 'dataWanted', title: 'Data wanted' },
  { name: 'coordinator', title: 'Run by' },
] as const satisfies readonly { readonly name: keyof Brief; readonly title: string }[];

/** What differs between two versions, part by part; a part that was not there is ''. */
export const briefChanges = (
  before: Brief,
  after: Brief,
): { readonly title: string; readonly before: string; readonly after: string }[] =>
  [{ name: 'title', title: 'Title' } as const, ...briefParts].flatMap(({ name, title }) => {
    const [was, is] = [before[name] ?? '', after[name] ?? ''];
    return was === is ? [] : [{ title, before: was, after: is }];
  });
