// The words of a query: names, numbers, quoted texts and signs, each with where it stands.
import { fail, ok, type Result } from '../result.ts';
import { comparators } from './query.ts';

export interface Token {
  readonly type: 'word' | 'text' | 'name' | 'number' | 'sign';
  /** As it is meant: without quotes; a percentage is its share. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** What stands in the way, and where in the text. */
export interface QueryProblem {
  readonly message: string;
  readonly at: number;
  readonly end: number;
}

const SIGNS = [...comparators, '(', ')', ',', '.'].toSorted((a, b) => b.length - a.length);
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:\s?%)?/iuy;
const WORD = /[\p{L}_][\p{L}\p{N}_-]*/uy;

export function tokensOf(text: string): Result<readonly Token[], QueryProblem> {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const letter = text[at]!;
    if (/\s/.test(letter)) {
      at += 1;
      continue;
    }
    const token =
      letter === '"' || letter === "'" || letter === '`' ? quotedAt(text, at) : (plainAt(text, at) ?? null);
    if (token === null)
      return fail({
        message: `“${letter}” has no meaning here. Put texts in quotes: name = "ward 3".`,
        at,
        end: at + 1,
      });
    if (typeof token === 'string') return fail({ message: token, at, end: text.length });
    tokens.push(token);
    at = token.end;
  }
  return ok(tokens);
}

/** A sentence where the closing quote is missing. */
function quotedAt(text: string, at: number): Token | string {
  const quote = text[at]!;
  let inner = '';
  for (let place = at + 1; place < text.length; place += 1) {
    const letter = text[place]!;
    if (letter === quote) return { type: quote === '`' ? 'name' : 'text', text: inner, at, end: place + 1 };
    if (letter === '\\' && place + 1 < text.length) {
      place += 1;
      inner += text[place]!;
    } else inner += letter;
  }
  return `The ${quote} is not closed. Write ${quote} once more where the ${quote === '`' ? 'name' : 'text'} ends.`;
}

function plainAt(text: string, at: number): Token | undefined {
  const word = matchAt(WORD, text, at);
  if (word !== undefined) return { type: 'word', text: word, at, end: at + word.length };
  const number = matchAt(NUMBER, text, at);
  if (number !== undefined) {
    const share = number.endsWith('%') ? Number(number.slice(0, -1)) / 100 : Number(number);
    return { type: 'number', text: String(share), at, end: at + number.length };
  }
  const sign = SIGNS.find((one) => text.startsWith(one, at));
  return sign === undefined ? undefined : { type: 'sign', text: sign, at, end: at + sign.length };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
