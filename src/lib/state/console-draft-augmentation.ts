// How devices vary their pictures, as it is being typed: nothing of it holds where the data are no pictures.
import * as v from 'valibot';
import type { TrainingPlan } from '#lib/core/model/spec.ts';

const number = v.nullable(v.number());

export const DraftAugmentation = v.object({
  flip: v.boolean(),
  shift: number,
  turn: number,
  light: number,
  cutout: number,
});
export type DraftAugmentation = v.InferOutput<typeof DraftAugmentation>;

export const plainAugmentation = (): DraftAugmentation => ({
  flip: false,
  shift: 0,
  turn: 0,
  light: 0,
  cutout: 0,
});

/** Typed again from a plan. */
export const augmentationFrom = ({ augmentation }: Pick<TrainingPlan, 'augmentation'>): DraftAugmentation =>
  augmentation === undefined ? plainAugmentation() : { ...augmentation };

/** The part of a plan, as the schema reads it; nothing where nothing is varied. */
export const augmentationTyped = (draft: DraftAugmentation): { readonly augmentation?: DraftAugmentation } =>
  Object.values(draft).every((one) => one === 0 || one === false) ? {} : { augmentation: draft };
