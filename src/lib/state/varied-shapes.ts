// The shapes of pictures that are varied, so that it is seen where they go: those of the judge who drew last.
import { featuresName } from '../core/labelling/example-names.ts';
import type { JournalEntry, Shape } from '../core/labelling/journal.ts';
import { shapeClassesOf, shapesOf } from '../core/labelling/shapes.ts';

export interface ShapesOfPictures {
  readonly classes: readonly string[];
  /** By the place of the picture in the dataset; one in which nothing is drawn has none. */
  readonly shapes: ReadonlyMap<number, readonly Shape[]>;
}

/** Of pictures that are alike only the first has its own: the others' names tell how many come before them, which is not known here. */
export function shapesOfPictures(
  journal: readonly JournalEntry[],
  pictures: readonly { readonly place: number; readonly pixels: Uint8Array }[],
): ShapesOfPictures {
  const judge = journal.findLast(({ says }) => says.type === 'shape');
  const standing = judge === undefined ? undefined : shapesOf(journal, judge);
  return {
    classes: shapeClassesOf(journal),
    shapes: new Map(
      pictures.flatMap(({ place, pixels }) => {
        const own = standing?.get(featuresName(pixels));
        return own === undefined ? [] : [[place, own] as const];
      }),
    ),
  };
}
