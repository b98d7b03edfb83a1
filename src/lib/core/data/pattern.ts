// How a cell must be written: the part of regular expressions that a data contract may use, matched in linear time. A pattern
// comes from a coordinator and runs over every row of a device, so that one which takes exponential time (a regular
// expression's backtracking) must not be writable. After Thompson 1968: all states at once, never back.
import { fail, ok, type Result } from '../result.ts';

/** Whether a whole cell is written so. Cost: letters × states. */
export type Pattern = (text: string) => boolean;

type Letter = (letter: string) => boolean;
/** Each state takes one letter, and may be passed over or stay. */
interface State {
  readonly takes: Letter;
  readonly isOptional: boolean;
  readonly repeats: boolean;
}

const MOST_STATES = 256;
/** Longer cells fit no pattern: bounds the work for a cell of megabytes. */
const LONGEST = 4096;

const digit: Letter = (letter) => letter >= '0' && letter <= '9';
const word: Letter = (letter) => /[A-Za-z0-9_]/.test(letter);
const space: Letter = (letter) => letter === ' ' || letter === '\t';
const named: Readonly<Record<string, Letter>> = { d: digit, w: word, s: space };

/**
 * Reads literals, `.`, `\d`, `\w`, `\s`, classes such as `[A-Z0-9_-]` and `[^;]`, and after each of them `?`, `*`, `+`, `{3}`,
 * `{2,}` or `{2,4}`. No groups and no alternatives. The whole cell must match.
 */
export function readPattern(source: string): Result<Pattern, string> {
  const letters = [...source];
  const states: State[] = [];
  let at = 0;
  while (at < letters.length) {
    const takes = readLetter();
    if (typeof takes === 'string') return fail(takes);
    const times = readTimes();
    if (typeof times === 'string') return fail(times);
    const [least, most] = times;
    for (let i = 0; i < least; i += 1) states.push({ takes, isOptional: false, repeats: false });
    if (most === Infinity) states.push({ takes, isOptional: true, repeats: true });
    else for (let i = least; i < most; i += 1) states.push({ takes, isOptional: true, repeats: false });
    if (states.length > MOST_STATES) return fail(`it stands for more than ${MOST_STATES} letters`);
  }
  return ok((text) => matches(states, text));

  function readLetter(): Letter | string {
    const letter = letters[at++] ?? '';
    if (letter === '\\') return escaped();
    if (letter === '[') return readClass();
    if (letter === '.') return () => true;
    if ('?*+{'.includes(letter)) return `“${letter}” has nothing before it to repeat`;
    if ('()|^$]}'.includes(letter)) return `“${letter}” must be written “\\${letter}”`;
    return (other) => other === letter;
  }
  function escaped(): Letter | string {
    const letter = letters[at++];
    if (letter === undefined) return 'it ends with a backslash';
    const known = Object.hasOwn(named, letter) ? named[letter] : undefined;
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(letter)) return `“\\${letter}” is not known here: \\d, \\w and \\s are`;
    return (other) => other === letter;
  }
  function readClass(): Letter | string {
    const isNot = letters[at] === '^';
    if (isNot) at += 1;
    const parts: Letter[] = [];
    while (letters[at] !== ']') {
      const from = letters[at++];
      if (from === undefined) return '“[” never closes';
      if (from === '\\') {
        const one = escaped();
        if (typeof one === 'string') return one;
        parts.push(one);
        continue;
      }
      const to = letters[at] === '-' && letters[at + 1] !== ']' ? letters[at + 1] : undefined;
      if (to === undefined) {
        parts.push((other) => other === from);
        continue;
      }
      at += 2;
      if (to < from) return `“${from}-${to}” runs backwards`;
      parts.push((other) => other >= from && other <= to);
    }
    at += 1;
    if (parts.length === 0) return '“[]” holds no letter';
    return (other) => parts.some((part) => part(other)) !== isNot;
  }
  function readTimes(): readonly [least: number, most: number] | string {
    switch (letters[at]) {
      case '?':
        at += 1;
        return [0, 1];
      case '*':
        at += 1;
        return [0, Infinity];
      case '+':
        at += 1;
        return [1, Infinity];
      case '{': {
        const close = letters.indexOf('}', at);
        const inside = /^(\d{1,3})(,(\d{0,3}))?$/.exec(letters.slice(at + 1, close).join(''));
        if (close < 0 || inside === null) return '“{” must open a count such as {3} or {2,4}';
        at = close + 1;
        const least = Number(inside[1]);
        const most = inside[2] === undefined ? least : inside[3] === '' ? Infinity : Number(inside[3]);
        return most < least ? `{${inside[0]}} runs backwards` : [least, most];
      }
      default:
        return [1, 1];
    }
  }
}

function matches(states: readonly State[], text: string): boolean {
  if (text.length > LONGEST) return false;
  // before[s]: everything up to state s is matched; one more for the end.
  let before = new Uint8Array(states.length + 1);
  before[0] = 1;
  passOver(states, before);
  for (const letter of text) {
    const after = new Uint8Array(states.length + 1);
    let isAlive = false;
    for (const [index, state] of states.entries()) {
      if (before[index] === 0 || !state.takes(letter)) continue;
      after[state.repeats ? index : index + 1] = 1;
      isAlive = true;
    }
    if (!isAlive) return false;
    passOver(states, after);
    before = after;
  }
  return before[states.length] === 1;
}

function passOver(states: readonly State[], reached: Uint8Array): void {
  for (const [index, state] of states.entries())
    if (reached[index] === 1 && state.isOptional) reached[index + 1] = 1;
}
