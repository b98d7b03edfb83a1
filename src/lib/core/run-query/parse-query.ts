// Reads a query. What cannot be read is refused with its place, what was expected there and how it is written; a name that no run has is
// refused too, with the nearest one that some run has, for a filter that finds nothing because of a letter is worse than none.
import { fail, ok, type Result } from '../result.ts';
import {
  comparators,
  runStatuses,
  textFields,
  typedName,
  type Comparator,
  type Query,
  type QueryField,
} from './query.ts';
import { tokensOf, type QueryProblem, type Token } from './tokens.ts';

/** Names that the runs at hand have. */
export interface KnownNames {
  readonly metrics: readonly string[];
  readonly params: readonly string[];
}

const MOST_LETTERS = 2000;
/** Brackets and `not`s in one another. */
const DEEPEST = 50;

class Refused extends Error {
  constructor(readonly problem: QueryProblem) {
    super(problem.message);
  }
}

/** undefined for a text of nothing: every run. `known` undefined: any name is taken. */
export function parseQuery(text: string, known?: KnownNames): Result<Query | undefined, QueryProblem> {
  if (text.length > MOST_LETTERS)
    return fail({
      message: `A filter has at most ${MOST_LETTERS} letters, and this has ${text.length}.`,
      at: MOST_LETTERS,
      end: text.length,
    });
  const tokens = tokensOf(text);
  if (!tokens.ok) return tokens;
  if (tokens.value.length === 0) return ok(undefined);
  try {
    return ok(new Reader(tokens.value, text.length, known).whole());
  } catch (error) {
    if (error instanceof Refused) return fail(error.problem);
    throw error;
  }
}

class Reader {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly end: number,
    private readonly known: KnownNames | undefined,
  ) {}

  whole(): Query {
    const query = this.#either();
    const rest = this.tokens[this.#at];
    if (rest === undefined) return query;
    return this.#refuse(
      rest.text === ')'
        ? 'This ) closes no bracket. Take it out, or write a ( before.'
        : 'Put and or or between two conditions.',
      rest,
    );
  }

  #either(): Query {
    return this.#joined('or', () => this.#joined('and', () => this.#one()));
  }

  #joined(type: 'and' | 'or', next: () => Query): Query {
    const parts = [next()];
    while (this.#takesWord(type)) parts.push(next());
    return parts.length === 1 ? parts[0]! : { type, parts };
  }

  #one(): Query {
    this.#depth += 1;
    const token = this.tokens[this.#at];
    if (this.#depth > DEEPEST) this.#refuse(`At most ${DEEPEST} brackets stand in one another.`, token);
    const query = this.#bare(token);
    this.#depth -= 1;
    return query;
  }

  #bare(token: Token | undefined): Query {
    if (this.#takesWord('not')) return { type: 'not', part: this.#one() };
    if (this.#takesSign('(')) {
      const inner = this.#either();
      if (!this.#takesSign(')'))
        this.#refuse('A bracket is not closed: write ) here.', this.tokens[this.#at]);
      return inner;
    }
    if (token === undefined)
      return this.#refuse('A condition is missing here, as in metrics.accuracy > 0.9.', token);
    if (token.type === 'text') {
      this.#at += 1;
      return { type: 'word', text: token.text };
    }
    if (token.type !== 'word')
      return this.#refuse(
        `A condition begins with metrics., params., tags or one of ${textFields.join(', ')}; not with “${token.text}”.`,
        token,
      );
    return this.#condition(token);
  }

  #condition(token: Token): Query {
    const field = this.#field(token);
    if (field === undefined) return { type: 'word', text: token.text };
    const sign = this.tokens[this.#at];
    if (this.#takesWord('in')) return this.#list(field, sign);
    const comparator = comparators.find((one) => sign?.type === 'sign' && sign.text === one);
    if (comparator === undefined)
      return this.#refuse(`After ${token.text} comes one of ${comparators.join(' ')} or in.`, sign);
    this.#at += 1;
    const value = this.#value(field, comparator);
    return { type: 'compare', field, comparator, value };
  }

  /** undefined: a bare word to be looked for. */
  #field(token: Token): QueryField | undefined {
    const word = token.text.toLowerCase();
    const next = this.tokens[this.#at + 1];
    const isPath = next?.type === 'sign' && next.text === '.';
    if (isPath && (word === 'metrics' || word === 'params')) {
      this.#at += 2;
      return this.#named(word === 'metrics' ? 'metric' : 'param');
    }
    if (isPath)
      return this.#refuse(`Names with a dot begin with metrics. or params.; not with “${word}.”.`, token);
    const text = textFields.find((one) => one === word);
    const isCompared =
      (next?.type === 'sign' && next.text !== ')' && next.text !== '(') || next?.text.toLowerCase() === 'in';
    if (!isCompared && !['metrics', 'params', 'tags', ...textFields].includes(word)) {
      this.#at += 1;
      return undefined;
    }
    this.#at += 1;
    if (word === 'tags' || word === 'tag') return { type: 'tags' };
    if (text !== undefined) return { type: 'text', name: text };
    if (word === 'metrics' || word === 'params')
      return this.#refuse(
        `Say which: ${word}.${word === 'metrics' ? 'accuracy' : 'model'}, for example.`,
        next,
      );
    return this.#refuse(
      `There is no field “${token.text}”. Use metrics.NAME, params.NAME, tags or one of ${textFields.join(', ')}.`,
      token,
    );
  }

  #named(type: 'metric' | 'param'): QueryField {
    const token = this.tokens[this.#at];
    if (token === undefined || (token.type !== 'word' && token.type !== 'name'))
      return this.#refuse(
        `The name of a ${type === 'metric' ? 'metric' : 'parameter'} is missing here.`,
        token,
      );
    this.#at += 1;
    const names = type === 'metric' ? this.known?.metrics : this.known?.params;
    if (names === undefined || names.includes(token.text)) return { type, name: token.text };
    const near = nearest(token.text, names);
    const noun = type === 'metric' ? 'metric' : 'parameter';
    return this.#refuse(
      near === undefined
        ? `No run here has a ${noun} “${token.text}”. ${names.length === 0 ? `None has any ${noun} yet.` : `There are ${names.map(typedName).join(', ')}.`}`
        : `No run here has a ${noun} “${token.text}”. Is ${typedName(near)} meant?`,
      token,
    );
  }

  #value(field: QueryField, comparator: Comparator | 'in'): string | number {
    const token = this.tokens[this.#at];
    if (token === undefined || token.type === 'sign' || token.type === 'name')
      return this.#refuse('A value is missing here: a number, or a text in quotes.', token);
    this.#at += 1;
    const isNumber = token.type === 'number';
    if (field.type === 'metric') {
      if (!isNumber) return this.#refuse(`Metrics are numbers: “${token.text}” is none.`, token);
      if (comparator === '~' || comparator === '!~')
        return this.#refuse('Metrics are numbers: compare them with = != > >= < <=.', token);
      return Number(token.text);
    }
    if (isNumber && field.type === 'param') return Number(token.text);
    const isOrdered = comparator === '>' || comparator === '<' || comparator === '>=' || comparator === '<=';
    if (isOrdered && (field.type === 'tags' || (field.type === 'text' && field.name !== 'started')))
      return this.#refuse('Texts are compared with = != ~ !~ or in.', this.tokens[this.#at - 2]);
    const isStatus = field.type === 'text' && field.name === 'status' && !['~', '!~'].includes(comparator);
    if (isStatus && !runStatuses.some((one) => one === token.text.toLowerCase()))
      return this.#refuse(
        `No run has the status “${token.text}”. There are ${runStatuses.map((one) => `"${one}"`).join(', ')}.`,
        token,
      );
    return isStatus ? token.text.toLowerCase() : token.text;
  }

  #list(field: QueryField, token: Token | undefined): Query {
    if (!this.#takesSign('('))
      this.#refuse(
        'After in comes a list in brackets: in ("forest", "logistic").',
        this.tokens[this.#at] ?? token,
      );
    const values = [this.#value(field, 'in')];
    while (this.#takesSign(',')) values.push(this.#value(field, 'in'));
    if (!this.#takesSign(')')) this.#refuse('A list ends with ).', this.tokens[this.#at]);
    return { type: 'in', field, values };
  }

  #takesWord(word: string): boolean {
    const token = this.tokens[this.#at];
    if (token?.type !== 'word' || token.text.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #takesSign(sign: string): boolean {
    const token = this.tokens[this.#at];
    if (token?.type !== 'sign' || token.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  /** `token` undefined: at the end. */
  #refuse(message: string, token: Token | undefined): never {
    throw new Refused({ message, at: token?.at ?? this.end, end: token?.end ?? this.end });
  }
}

/** The name that differs in the fewest letters, where that is few; or one that only begins so. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const begins = names.find((one) => one.toLowerCase().startsWith(lower));
  if (begins !== undefined && name.length > 1) return begins;
  const [best] = names
    .map((one) => ({ one, far: distance(lower, one.toLowerCase()) }))
    .toSorted((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(1, Math.floor(name.length / 3)) ? best.one : undefined;
}

/** Letters put in, taken out or changed (Levenshtein 1966). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[to.length]!;
}
