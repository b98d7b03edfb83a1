// The shapes of a dataset's pictures: which pictures are gone through, how far those who drew agree, and all of one judge's as COCO has them.
import {
  cocoText,
  pictureFile,
  readCoco,
  type CocoPicture,
  type CocoRead,
} from '../../core/labelling/coco.ts';
import type { Judge, JournalEntry } from '../../core/labelling/journal.ts';
import type { Frame } from '../../core/labelling/outline.ts';
import {
  doneWith,
  shapeAgreement,
  shapeClassesOf,
  shapeJudges,
  shapesOf,
  type ShapeAgreement,
} from '../../core/labelling/shapes.ts';
import { textFile, type ExportedFile } from '../../core/run-export/exported-run.ts';
import { ok, type Result } from '../../core/result.ts';
import { pngOf, type PicturePixels } from '../../modalities/image/png.ts';
import type { NamedExamples } from './label-book.ts';

/** Not gone through by this judge; with shapes of this judge; looked at by anybody; all. */
export type ShapeScope = 'open' | 'drawn' | 'again' | 'all';

export interface AgreeingOnShapes extends ShapeAgreement {
  readonly judges: readonly [Judge, Judge];
  /** Pictures that both looked at: drew in, or are done with. */
  readonly pictures: number;
}

export interface LabelShapes {
  /** Of the scope, in the dataset's order. */
  readonly rows: Uint32Array;
  readonly pictures: number;
  readonly done: number;
  /** Of this judge, and the pictures that they are in. */
  readonly shapes: number;
  readonly drawn: number;
}

export function labelShapes(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
  scope: ShapeScope,
): LabelShapes {
  const { count } = named.examples;
  const [done, own] = [doneWith(journal, judge), shapesOf(journal, judge)];
  const looked = scope === 'again' ? shapeJudges(journal).map((one) => lookedAt(named, journal, one)) : [];
  const isThere = (example: string): boolean => named.rowOf(example) !== undefined;
  const isIn = (name: string): boolean => {
    switch (scope) {
      case 'open':
        return !done.has(name);
      case 'drawn':
        return own.has(name);
      case 'again':
        return looked.some((examples) => examples.has(name));
      case 'all':
        return true;
      default:
        return scope satisfies never;
    }
  };
  const drawn = [...own].filter(([example]) => isThere(example));
  return {
    rows: Uint32Array.from({ length: count }, (_, row) => row).filter((row) => isIn(named.nameOf(row))),
    pictures: count,
    done: [...done].filter(isThere).length,
    shapes: drawn.reduce((sum, [, shapes]) => sum + shapes.length, 0),
    drawn: drawn.length,
  };
}

/** How far any two who drew agree. It holds shape against shape, so that it is worked out only where somebody asks. */
export function agreeingOnShapes(
  named: NamedExamples,
  journal: readonly JournalEntry[],
): readonly AgreeingOnShapes[] {
  const looks = shapeJudges(journal).map((judge) => ({
    judge,
    looked: lookedAt(named, journal, judge),
    shapes: shapesOf(journal, judge),
  }));
  return looks.flatMap((first, i) =>
    looks.slice(i + 1).map((second): AgreeingOnShapes => {
      const both = [...first.looked].filter((example) => second.looked.has(example));
      const agreement = shapeAgreement(first.shapes, second.shapes, both);
      return { ...agreement, judges: [first.judge, second.judge], pictures: both.length };
    }),
  );
}

const lookedAt = (
  { rowOf }: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
): ReadonlySet<string> =>
  new Set(
    [...doneWith(journal, judge), ...shapesOf(journal, judge).keys()].filter(
      (example) => rowOf(example) !== undefined,
    ),
  );

export interface CocoWishes {
  readonly judge: Judge;
  /** The dataset's name. */
  readonly dataset: string;
}

/** Every picture that the judge looked at, one without shapes too: it teaches what is not there. */
export function cocoFiles(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  { judge, dataset }: CocoWishes,
  frame: Frame,
  /** undefined: the annotations alone. */
  pixelsOf: ((row: number) => PicturePixels) | undefined,
): readonly ExportedFile[] {
  const shapes = shapesOf(journal, judge);
  const pictures = [...lookedAt(named, journal, judge)]
    .flatMap((example): CocoPicture[] => {
      const row = named.rowOf(example);
      return row === undefined ? [] : [{ row, example, shapes: shapes.get(example) ?? [] }];
    })
    .toSorted((a, b) => a.row - b.row);
  const text = cocoText(pictures, shapeClassesOf(journal), frame, { dataset, judge });
  return [
    textFile('annotations.json', text),
    ...(pixelsOf === undefined
      ? []
      : pictures.map((picture) => ({
          path: `images/${pictureFile(picture)}`,
          bytes: pngOf(pixelsOf(picture.row)),
        }))),
  ];
}

/** What a file holds that this judge has not drawn already. */
export function newInCoco(
  named: NamedExamples,
  journal: readonly JournalEntry[],
  judge: Judge,
  text: string,
  frame: Frame,
): Result<CocoRead, string> {
  const read = readCoco(text, shapeClassesOf(journal), frame, (name) => named.rowOf(name) !== undefined);
  if (!read.ok) return read;
  const keyOf = (example: string, label: string, outline: unknown): string =>
    JSON.stringify([example, label, outline]);
  const standing = new Set(
    [...shapesOf(journal, judge)].flatMap(([example, shapes]) =>
      shapes.map(({ label, outline }) => keyOf(example, label, outline)),
    ),
  );
  const shapes = read.value.shapes.filter(
    ({ example, label, outline }) => !standing.has(keyOf(example, label, outline)),
  );
  return ok({ ...read.value, shapes });
}
