// A shape in words: of which class, where, how large.
import type { Shape } from '../core/labelling/journal.ts';
import { areaOf, boxOf, type Outline } from '../core/labelling/outline.ts';

/** A place or length in pixels, to a tenth. */
export const pixels = (value: number): string => String(Math.round(value * 10) / 10);

/** "8 × 6" of a box, "5 points, 24 px²" of a polygon. */
export const sizeWords = (outline: Outline): string =>
  outline.kind === 'box'
    ? `${pixels(outline.width)} × ${pixels(outline.height)}`
    : `${outline.points.length} points, ${pixels(areaOf(outline))} px²`;

/** "Box 8 × 6 at 3, 4" */
export function outlineWords(outline: Outline): string {
  const { x, y } = boxOf(outline);
  return `${outline.kind === 'box' ? 'Box' : 'Polygon'} ${sizeWords(outline)} at ${pixels(x)}, ${pixels(y)}`;
}

export const shapeWords = ({ label, outline }: Shape): string => `${label}: ${outlineWords(outline)}`;
