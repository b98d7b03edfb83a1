// What was drawn for a picture in an epoch, in words: for those who do not see it, and for those who wonder what they see.
import type { Variant } from '../core/augmentation.ts';
import { counted, number, percent } from './format.ts';

/** "mirrored, moved 3 pixels left and 1 pixel down, turned 4.2° clockwise"; "as it is" where nothing was drawn. */
export function variantWords({
  isMirrored,
  down,
  right,
  angle,
  contrast,
  brightness,
  hole,
}: Variant): string {
  // It is mirrored last, and that turns sideways about.
  const aside = isMirrored ? -1 : 1;
  const degrees = Number(((angle * aside * 180) / Math.PI).toFixed(1));
  const moves = [way(right * aside, 'right', 'left'), way(down, 'down', 'up')].filter(
    (one) => one !== undefined,
  );
  const said = [
    isMirrored ? 'mirrored' : undefined,
    moves.length === 0 ? undefined : `moved ${moves.join(' and ')}`,
    degrees === 0 ? undefined : `turned ${Math.abs(degrees)}° ${degrees > 0 ? 'clockwise' : 'anticlockwise'}`,
    contrast === 1 ? undefined : `contrast × ${number(contrast)}`,
    brightness === 0 ? undefined : `brightness ${brightness < 0 ? '−' : '+'}${percent(Math.abs(brightness))}`,
    hole.side === 0 ? undefined : `a square of ${counted(hole.side, 'pixel')} covered`,
  ].filter((one) => one !== undefined);
  return said.length === 0 ? 'as it is' : said.join(', ');
}

const way = (pixels: number, forwards: string, backwards: string): string | undefined =>
  pixels === 0 ? undefined : `${counted(Math.abs(pixels), 'pixel')} ${pixels > 0 ? forwards : backwards}`;
