// Where a thing of a picture lies once the picture is varied (augmentation.ts): the way that its pixels go, by the formula that they go by.
import type { Variant } from './augmentation.ts';
import { boxAbout, cutToFrame, pointsOf, type Frame, type Outline, type Point } from './labelling/outline.ts';

/** Turned about the middle of the picture, moved, then mirrored. A pixel's middle is at half a pixel, hence `width − x` and no 1 less. */
function placed(
  { isMirrored, down, right, angle }: Variant,
  { width, height }: Frame,
): (point: Point) => Point {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return ([x, y]) => {
    const [across, along] = [x - width / 2, y - height / 2];
    const toX = width / 2 + across * cosine - along * sine + right;
    return [isMirrored ? width - toX : toX, height / 2 + along * cosine + across * sine + down];
  };
}

/**
 * What of the outline is in the varied picture; undefined: nothing. A box that is turned becomes the least box about its corners, as
 * detectors take them; a polygon stays exact. The copies that a reflected edge makes of a thing are not followed, and a covered square takes
 * nothing away: labels stay as they were (DeVries & Taylor 2017).
 */
export function outlineUnder(variant: Variant, outline: Outline, frame: Frame): Outline | undefined {
  const points = pointsOf(outline).map(placed(variant, frame));
  const whole = outline.kind === 'box' ? boxAbout(points) : ({ kind: 'polygon', points } as const);
  return cutToFrame(whole, frame);
}
