// The further rules of a draft: how rounds follow each other, who may take part, whether devices keep models of their own, and
// the guard. As typed: every number may be empty, for the schema to refuse by name.
import * as v from 'valibot';
import {
  exactAveraging,
  plainRounds,
  type FederationSpec,
  type Personalisation,
} from '#lib/core/federation.ts';
import type { Draft } from './console-draft.ts';

const number = v.nullable(v.number());

export const DraftFurther = v.object({
  mode: v.picklist(['synchronous', 'asynchronous']),
  /** Devices that train at the same time, in asynchronous rounds. */
  concurrency: number,
  /** "ward-3, adults" */
  requiredTags: v.string(),
  minimumExamples: number,
  fairness: v.picklist(['random', 'least-recent']),
  reserve: number,
  personalisation: v.picklist(['none', 'fedper', 'ditto', 'finetune']),
  layers: number,
  lambda: number,
  epochs: number,
  /** null: no guard. */
  normFactor: number,
});
export type DraftFurther = v.InferOutput<typeof DraftFurther>;

export const plainFurther = (): DraftFurther => ({
  mode: 'synchronous',
  concurrency: 20,
  requiredTags: '',
  minimumExamples: plainRounds.selection.minimumExamples,
  fairness: plainRounds.selection.fairness,
  reserve: plainRounds.reserve,
  personalisation: 'none',
  layers: 1,
  lambda: 1,
  epochs: 1,
  normFactor: exactAveraging.guard.normFactor,
});

/** Typed again from a spec. */
export function furtherFrom({ rules, personalisation, guard }: FederationSpec): DraftFurther {
  const plain = plainFurther();
  return {
    ...plain,
    mode: rules.mode.type,
    concurrency: rules.mode.type === 'asynchronous' ? rules.mode.concurrency : plain.concurrency,
    requiredTags: rules.selection.requiredTags.join(', '),
    minimumExamples: rules.selection.minimumExamples,
    fairness: rules.selection.fairness,
    reserve: rules.reserve,
    personalisation: personalisation.type,
    layers: personalisation.type === 'fedper' ? personalisation.layers : plain.layers,
    lambda: personalisation.type === 'ditto' ? personalisation.lambda : plain.lambda,
    epochs: personalisation.type === 'finetune' ? personalisation.epochs : plain.epochs,
    normFactor: guard.normFactor,
  };
}

export const tagsTyped = (text: string): string[] =>
  text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');

/** The rules as typed, for the schema to read. */
export function rulesTyped({ rules, further }: Pick<Draft, 'rules' | 'further'>) {
  const { mode, concurrency, requiredTags, minimumExamples, fairness, reserve } = further;
  return {
    ...rules,
    mode: mode === 'asynchronous' ? { type: mode, concurrency } : { type: mode },
    selection: { requiredTags: tagsTyped(requiredTags), minimumExamples, fairness },
    reserve,
  };
}

/** What devices keep for themselves as typed, for the schema to read. */
export function personalisationTyped({ personalisation, layers, lambda, epochs }: DraftFurther) {
  switch (personalisation) {
    case 'none':
      return { type: personalisation };
    case 'fedper':
      return { type: personalisation, layers };
    case 'ditto':
      return { type: personalisation, lambda };
    case 'finetune':
      return { type: personalisation, epochs };
    default:
      return personalisation satisfies never;
  }
}

/** The same for what a strategy is judged against: where a number is missing that of a new draft stands in. */
export function plannedPersonalisation(further: DraftFurther): Personalisation {
  const usual = plainFurther();
  switch (further.personalisation) {
    case 'none':
      return { type: 'none' };
    case 'fedper':
      return { type: 'fedper', layers: further.layers ?? usual.layers ?? 1 };
    case 'ditto':
      return { type: 'ditto', lambda: further.lambda ?? usual.lambda ?? 1 };
    case 'finetune':
      return { type: 'finetune', epochs: further.epochs ?? usual.epochs ?? 1 };
    default:
      return further.personalisation satisfies never;
  }
}
