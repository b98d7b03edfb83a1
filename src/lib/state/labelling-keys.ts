// Which key means which class, and what else a key does while one labels.

/** Taken: take back, pass over, not sure. */
const COMMANDS = { u: 'undo', s: 'skip', n: 'unsure' } as const;
const KEYS = [...'123456789', ...'abcdefghijklmnopqrstuvwxyz'].filter((key) => !(key in COMMANDS));

/**
 * [classes]: a key each; undefined where there are more classes than keys. A class that is called by one sign has that as its key, and no
 * other class has it: whoever presses 1 means the class that is called 1.
 */
export function keysOf(classes: readonly string[]): readonly (string | undefined)[] {
  const own = classes.map((label) => label.toLowerCase());
  const isSign = (label: string, index: number): boolean =>
    /^[0-9a-z]$/.test(label) && !(label in COMMANDS) && own.indexOf(label) === index;
  const free = KEYS.filter((key) => !own.includes(key)).values();
  return own.map((label, index) => (isSign(label, index) ? label : free.next().value));
}

export type KeyAction =
  | { readonly type: 'class'; readonly label: number }
  | { readonly type: 'undo' | 'skip' | 'unsure' | 'back' | 'forward' | 'accept' | 'play' };

/** Whether what has the focus, by its selectors, has more use for the key than the line of examples. */
export function isTaken({ type }: KeyAction, focused: (selector: string) => boolean): boolean {
  if (focused('input:not([type=checkbox]), select, textarea, dialog')) return true;
  // A button, a link or what folds is pressed by Enter; a region that scrolls is scrolled by arrows.
  if (type === 'accept') return focused('button, a, summary');
  if (type === 'play') return focused('button, summary, input');
  return (type === 'back' || type === 'forward') && focused('[role=region][tabindex]');
}

/** Of a KeyboardEvent. */
export interface Pressed {
  readonly key: string;
  /** Held down: the system sends it again and again. */
  readonly repeat: boolean;
  /** Part of a sign that an input method makes of several keys. */
  readonly isComposing: boolean;
}

/** undefined: nothing of ours. A key that is held goes along the line and says nothing: each judgement is one press. */
export function actionOf(
  { key, repeat, isComposing }: Pressed,
  keys: readonly (string | undefined)[],
): KeyAction | undefined {
  if (isComposing) return undefined;
  if (key === 'ArrowLeft') return { type: 'back' };
  if (key === 'ArrowRight') return { type: 'forward' };
  if (repeat) return undefined;
  if (key === 'Enter') return { type: 'accept' };
  if (key === ' ') return { type: 'play' };
  const sign = key.toLowerCase();
  const label = keys.indexOf(sign);
  if (label >= 0) return { type: 'class', label };
  return sign in COMMANDS ? { type: COMMANDS[sign as keyof typeof COMMANDS] } : undefined;
}
