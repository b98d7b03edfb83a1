// Which key means what while one draws in a picture that has the focus.
import type { Point } from '../core/labelling/outline.ts';

export type ShapeKey =
  | { readonly type: 'arrow'; readonly by: Point; readonly isResize: boolean }
  /** Calls what is selected, from 0. */
  | { readonly type: 'class'; readonly at: number }
  | { readonly type: 'shape' | 'point' | 'picture'; readonly by: -1 | 1 }
  | { readonly type: 'zoom'; readonly by: -1 | 0 | 1 }
  | {
      readonly type:
        | 'undo'
        | 'redo'
        | 'select'
        | 'box'
        | 'polygon'
        | 'add-point'
        | 'set-point'
        | 'enter'
        | 'escape'
        | 'delete';
    };

export type PressedKey = Pick<
  KeyboardEvent,
  'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat'
>;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const SIGNS: Readonly<Record<string, ShapeKey>> = {
  v: { type: 'select' },
  b: { type: 'box' },
  p: { type: 'polygon' },
  i: { type: 'add-point' },
  ' ': { type: 'set-point' },
  enter: { type: 'enter' },
  escape: { type: 'escape' },
  delete: { type: 'delete' },
  backspace: { type: 'delete' },
  pageup: { type: 'picture', by: -1 },
  pagedown: { type: 'picture', by: 1 },
  '+': { type: 'zoom', by: 1 },
  '=': { type: 'zoom', by: 1 },
  '-': { type: 'zoom', by: -1 },
  '0': { type: 'zoom', by: 0 },
};

export const isArrow = (key: string): boolean => key in ARROWS;

/** undefined: nothing of ours. */
export function shapeKey({ key, shiftKey, ctrlKey, metaKey, altKey }: PressedKey): ShapeKey | undefined {
  const sign = key.toLowerCase();
  if (ctrlKey || metaKey) {
    if (sign === 'y' || (sign === 'z' && shiftKey)) return { type: 'redo' };
    return sign === 'z' ? { type: 'undo' } : undefined;
  }
  if (altKey) return undefined;
  const by = ARROWS[key];
  if (by !== undefined) return { type: 'arrow', by, isResize: shiftKey };
  if (/^[1-9]$/.test(key)) return { type: 'class', at: Number(key) - 1 };
  if (sign === 's') return { type: 'shape', by: shiftKey ? -1 : 1 };
  if (sign === 'e') return { type: 'point', by: shiftKey ? -1 : 1 };
  return SIGNS[sign];
}
