// Shapes as the JSON of COCO (Lin et al. 2014; cocodataset.org, "Data format", object detection), and out of it. A picture's file name
// ends with its example's name, which its pixels alone give: a file comes back to the same pictures, on another device too.
import * as v from 'valibot';
import { fail, ok, type Result } from '../result.ts';
import type { Judge, Shape } from './journal.ts';
import { areaOf, boxOf, crossing, pointsOf, type Frame, type Outline, type Point } from './outline.ts';
import { mayOutline, MOST_POINTS, MOST_SHAPE_CLASSES } from './shapes.ts';

/** Of a file, and of one picture in it: all of them are drawn and listed at once. */
const MOST_ANNOTATIONS = 100_000;
const MOST_IN_PICTURE = 1000;

export interface CocoPicture {
  /** From 0. */
  readonly row: number;
  readonly example: string;
  readonly shapes: readonly Shape[];
}

export const pictureFile = ({ row, example }: Pick<CocoPicture, 'row' | 'example'>): string =>
  `${String(row + 1).padStart(6, '0')}-${example}.png`;
const exampleIn = (file: string): string | undefined => /([0-9a-f]{16})\.[a-z]+$/i.exec(file)?.[1];

/** Ids count from 1. A box has its four corners as segmentation: readers of masks find one of every shape. */
export function cocoText(
  pictures: readonly CocoPicture[],
  classes: readonly string[],
  frame: Frame,
  { dataset, judge }: { readonly dataset: string; readonly judge: Judge },
): string {
  // A class that was taken from the list since it was given has its shapes still.
  const named = [
    ...new Set([...classes, ...pictures.flatMap(({ shapes }) => shapes.map(({ label }) => label))]),
  ];
  const annotations = pictures.flatMap(({ row, shapes }) =>
    shapes.map(({ label, outline }) => {
      const { x, y, width, height } = boxOf(outline);
      return {
        image_id: row + 1,
        category_id: named.indexOf(label) + 1,
        bbox: [x, y, width, height],
        segmentation: [pointsOf(outline).flat()],
        area: areaOf(outline),
        iscrowd: 0,
      };
    }),
  );
  return `${JSON.stringify(
    {
      info: { description: dataset, contributor: judge.annotator, pass: judge.pass },
      licenses: [],
      images: pictures.map((picture) => ({
        id: picture.row + 1,
        file_name: pictureFile(picture),
        width: frame.width,
        height: frame.height,
      })),
      categories: named.map((name, at) => ({ id: at + 1, name, supercategory: '' })),
      annotations: annotations.map((one, at) => ({ id: at + 1, ...one })),
    },
    null,
    1,
  )}\n`;
}

const Id = v.union(
  [v.number(), v.string()],
  (issue) => `expected a number or a text, but got ${issue.received}`,
);
const Coordinate = v.pipe(v.number(), v.finite());
const Annotation = v.object({
  id: v.optional(Id),
  image_id: Id,
  category_id: Id,
  bbox: v.optional(
    v.pipe(
      v.array(Coordinate),
      v.length(4, (issue) => `expected [x, y, width, height], but got ${issue.received} numbers`),
    ),
  ),
  segmentation: v.optional(
    v.array(
      v.pipe(
        v.array(Coordinate),
        v.check(
          (values) => values.length % 2 === 0,
          'expected x and y in turn, but got an odd number of them',
        ),
        v.maxLength(
          2 * MOST_POINTS,
          (issue) =>
            `expected ${MOST_POINTS} points at most, but got ${Number(issue.received) / 2}: leave out some where the polygon hardly bends`,
        ),
      ),
      (issue) =>
        `expected polygons [[x, y, …]], but got ${issue.received}: masks counted in runs are not read`,
    ),
  ),
});
const Coco = v.object({
  images: v.array(
    v.object({
      id: Id,
      file_name: v.string(),
      width: v.optional(v.number()),
      height: v.optional(v.number()),
    }),
  ),
  categories: v.array(v.object({ id: Id, name: v.pipe(v.string(), v.trim(), v.nonEmpty()) })),
  annotations: v.pipe(
    // Counted before any of them is looked at.
    v.array(v.unknown()),
    v.maxLength(
      MOST_ANNOTATIONS,
      (issue) =>
        `expected ${MOST_ANNOTATIONS} at most, but got ${issue.received}: divide the file by its pictures`,
    ),
    v.array(Annotation),
  ),
});
type Annotation = v.InferOutput<typeof Annotation>;

export interface CocoShape {
  readonly example: string;
  readonly label: string;
  readonly outline: Outline;
}
export interface CocoRead {
  /** Those that are there already, and others that the file calls by. */
  readonly classes: readonly string[];
  readonly shapes: readonly CocoShape[];
}

/** All of it or nothing: the refusal names the first place that does not fit, what was expected, and what to do. */
export function readCoco(
  text: string,
  classes: readonly string[],
  frame: Frame,
  isExample: (name: string) => boolean,
): Result<CocoRead, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail(`This is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = v.safeParse(Coco, json);
  if (!read.success) {
    const [issue] = read.issues;
    const problem = issue.received === 'undefined' ? 'expected, but not there' : told(issue.message);
    return fail(`${v.getDotPath(issue) ?? 'The file'}: ${problem}.`);
  }
  const { images, categories, annotations } = read.output;
  const examples = new Map<string | number, string>();
  for (const [at, { id, file_name: file, width, height }] of images.entries()) {
    const example = exampleIn(file);
    if (example === undefined || !isExample(example))
      return fail(
        `images.${at}: “${file}” is no picture of this dataset. Expected a name that “Save as COCO” gives, with the 16 signs at its end that tell the picture.`,
      );
    if ((width ?? frame.width) !== frame.width || (height ?? frame.height) !== frame.height)
      return fail(
        `images.${at}: “${file}” is ${width} × ${height} pixels there, and ${frame.width} × ${frame.height} here. Scale its shapes to that first.`,
      );
    examples.set(id, example);
  }
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  const shapes: CocoShape[] = [];
  const inPicture = new Map<string, number>();
  for (const [at, one] of annotations.entries()) {
    const called = `annotations.${at}${one.id === undefined ? '' : ` (id ${one.id})`}`;
    const [example, label] = [examples.get(one.image_id), names.get(one.category_id)];
    if (example === undefined) return fail(`${called}: there is no image with the id ${one.image_id}.`);
    if (label === undefined) return fail(`${called}: there is no category with the id ${one.category_id}.`);
    const nth = (inPicture.get(example) ?? 0) + 1;
    inPicture.set(example, nth);
    if (nth > MOST_IN_PICTURE)
      return fail(
        `${called}: expected ${MOST_IN_PICTURE} shapes at most in one picture, and image ${one.image_id} has more. Take some of them out of the file.`,
      );
    const outline = outlineFrom(one);
    const may = outline.ok ? mayOutline(outline.value, frame) : outline;
    if (!may.ok) return fail(`${called}: ${may.error}`);
    shapes.push({ example, label, outline: may.value });
  }
  const all = [...new Set([...classes, ...shapes.map(({ label }) => label)])];
  if (all.length > MOST_SHAPE_CLASSES)
    return fail(
      `With yours these are ${all.length} classes: ${all.join(', ')}. ${MOST_SHAPE_CLASSES} at most are expected; take some from the file or from your list.`,
    );
  return ok({ classes: all, shapes });
}

const told = (message: string): string =>
  message.replace(/^Invalid [a-z]+: E/, 'e').replace(' received ', ' got ');

function outlineFrom({ bbox, segmentation = [] }: Annotation): Result<Outline, string> {
  if (segmentation.length > 1)
    return fail(`expected one polygon, but got ${segmentation.length}. Make an annotation of each part.`);
  const [x, y, width, height] = bbox ?? [];
  const [flat] = segmentation;
  if (flat === undefined)
    return x === undefined || y === undefined || width === undefined || height === undefined
      ? fail('expected bbox or segmentation, but got neither.')
      : ok({ kind: 'box', x, y, width, height });
  const points = flat.flatMap((px, i): Point[] => (i % 2 === 0 ? [[px, flat[i + 1]!]] : []));
  if (points.length < 3) return fail(`expected three points or more, but got ${points.length}.`);
  // The corners of its box are a box.
  const box = boxOf({ kind: 'polygon', points });
  const corners = pointsOf(box);
  const isBox =
    points.length === 4 &&
    corners.every(([cx, cy]) => points.some(([px, py]) => px === cx && py === cy)) &&
    crossing(points) === undefined;
  return ok(isBox ? box : { kind: 'polygon', points });
}
