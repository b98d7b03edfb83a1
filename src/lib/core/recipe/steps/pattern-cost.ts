// Which regular expressions a recipe may hold. One runs over every cell by backtracking, and a recipe may come from somebody else, inside
// a model: only those are taken whose steps are at most some power of a cell's letters that its bound (replace.ts) keeps small. Where a
// repetition ends must be told by the next letter, as in the one-unambiguous expressions of Brüggemann-Klein and Wood 1998; one repetition
// may be otherwise, where it is the only one.
type Node =
  | { readonly type: 'letter'; readonly takes: Letters }
  | { readonly type: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly type: 'alternatives'; readonly nodes: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly least: number; readonly most: number };

/** Of the probes, those that it takes: places, ascending. */
type Letters = ReadonlySet<number>;

/** Alternatives, and optional groups as two, multiply: (a|a)b(a|a)b… */
const MOST_WAYS = 16;
/** Where `.` and `\s` begin and end outside of ASCII. */
const BOUNDARIES = [0xa0, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff];
/** Of escapes that name a letter by its number. */
const digitsAfter: Readonly<Record<string, number>> = { u: 4, x: 2, c: 1 };
const NONE: Letters = new Set();

/** Why a regular expression (of the flag `u`, and right by itself) may take too long; undefined: it does not. */
export function whySlow(source: string): string | undefined {
  const letters = [...source];
  // Every class is made of spans that begin and end at a letter of the pattern or of a named class: two that overlap do so at one of these.
  const points = [...letters.map((letter) => letter.codePointAt(0)!), ...BOUNDARIES];
  const codes = new Set(points.flatMap((code) => [code - 1, code, code + 1]).filter((code) => code >= 0));
  for (let code = 0; code < 128; code += 1) codes.add(code);
  const probes = [...codes, 0x10fffe]
    .filter((code) => code <= 0x10ffff)
    .map((code) => String.fromCodePoint(code));
  const all: Letters = new Set(probes.keys());
  const cost = { ways: 1, varying: 0, unsure: 0, isNested: false };
  let at = 0;

  const tree = readAlternatives();
  if (tree === undefined)
    return 'it looks ahead, looks behind or repeats what a group found, which can take for ever. Write it without.';
  weigh(tree, NONE, cost);
  if (cost.isNested)
    return 'a repeated group holds a repetition or alternatives, which can take for ever. Write it without the outer repetition.';
  if (cost.ways > MOST_WAYS)
    return `its alternatives can be taken in ${cost.ways} ways; ${MOST_WAYS} are the most. Write it as two steps.`;
  return cost.unsure > 0 && cost.varying > 1
    ? 'where one of its repetitions ends is not told by the letter after it (as in .*.* or \\d+\\d*), which can take for ever. Say what it must not hold, as in [^,]*, or write it as two steps.'
    : undefined;

  function readAlternatives(): Node | undefined {
    const alternatives: Node[][] = [[]];
    while (at < letters.length && letters[at] !== ')') {
      if (letters[at] === '|') {
        at += 1;
        alternatives.push([]);
        continue;
      }
      const node = readOne();
      if (node === undefined) return undefined;
      const times = readTimes();
      alternatives.at(-1)?.push(times === undefined ? node : { type: 'repeat', node, ...times });
    }
    const nodes = alternatives.map((own): Node => ({ type: 'sequence', nodes: own }));
    return nodes.length === 1 ? nodes[0] : { type: 'alternatives', nodes };
  }

  function readOne(): Node | undefined {
    const from = at;
    const letter = letters[at++]!;
    if (letter === '^' || letter === '$') return { type: 'sequence', nodes: [] };
    if (letter === '(') return readGroup();
    if (letter === '[') while (letters[at++] !== ']') if (letters[at - 1] === '\\') at += 1;
    if (letter !== '\\') return { type: 'letter', takes: taken(letters.slice(from, at).join('')) };
    const escaped = letters[at++]!;
    if (escaped === 'b' || escaped === 'B') return { type: 'sequence', nodes: [] };
    if (/[1-9k]/.test(escaped)) return undefined;
    if ((escaped === 'p' || escaped === 'P' || escaped === 'u') && letters[at] === '{')
      at = letters.indexOf('}', at) + 1;
    else at += digitsAfter[escaped] ?? 0;
    return { type: 'letter', takes: taken(letters.slice(from, at).join('')) };
  }

  function readGroup(): Node | undefined {
    if (letters[at] === '?') {
      const name = /^\?(?::|<[^=!>][^>]*>)/u.exec(letters.slice(at).join(''));
      if (name === null) return undefined;
      at += [...name[0]].length;
    }
    const inside = readAlternatives();
    at += 1;
    return inside;
  }

  function readTimes(): { readonly least: number; readonly most: number } | undefined {
    const found = /^(?:[?*+]|\{(\d+)(,(\d*))?\})\??/.exec(letters.slice(at).join(''));
    if (found === null) return undefined;
    at += found[0].length;
    const [text, least = '0', further, most] = found;
    if (!text.startsWith('{'))
      return { least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : Infinity };
    return {
      least: Number(least),
      most: further === undefined ? Number(least) : most === '' ? Infinity : Number(most),
    };
  }

  /** All, of letters that are named by a property or a number: their spans begin anywhere. */
  function taken(one: string): Letters {
    if (/\\[^dDwWsS\W]/.test(one)) return all;
    const pattern = new RegExp(`^${one}$`, 'u');
    return new Set([...all].filter((place) => pattern.test(probes[place]!)));
  }
}

interface Cost {
  ways: number;
  /** Repetitions that may end in more than one place. */
  varying: number;
  /** Of those, whose end the next letter does not tell. */
  unsure: number;
  isNested: boolean;
}

/** `follow`: what can stand after it. */
function weigh(node: Node, follow: Letters, cost: Cost): void {
  switch (node.type) {
    case 'letter':
      return;
    case 'sequence': {
      let after = follow;
      for (const one of node.nodes.toReversed()) {
        weigh(one, after, cost);
        after = canBeEmpty(one) ? both(firstOf(one), after) : firstOf(one);
      }
      return;
    }
    case 'alternatives':
      cost.ways *= node.nodes.length;
      for (const one of node.nodes) weigh(one, follow, cost);
      return;
    case 'repeat': {
      const { least, most } = node;
      if (holdsChoice(node.node)) {
        if (most > 1) cost.isNested = true;
        cost.ways *= 2;
        weigh(node.node, follow, cost);
      }
      if (least === most) return;
      cost.varying += 1;
      const first = firstOf(node.node);
      if ([...first].some((place) => follow.has(place))) cost.unsure += 1;
      return;
    }
    default:
      return node satisfies never;
  }
}

function holdsChoice(node: Node): boolean {
  return node.type === 'sequence'
    ? node.nodes.some(holdsChoice)
    : node.type === 'alternatives' || node.type === 'repeat';
}

function canBeEmpty(node: Node): boolean {
  switch (node.type) {
    case 'letter':
      return false;
    case 'sequence':
      return node.nodes.every(canBeEmpty);
    case 'alternatives':
      return node.nodes.some(canBeEmpty);
    case 'repeat':
      return node.least === 0 || canBeEmpty(node.node);
    default:
      return node satisfies never;
  }
}

/** What it can begin with. */
function firstOf(node: Node): Letters {
  switch (node.type) {
    case 'letter':
      return node.takes;
    case 'sequence': {
      const empty = node.nodes.findIndex((one) => !canBeEmpty(one));
      return node.nodes
        .slice(0, empty < 0 ? undefined : empty + 1)
        .reduce((sum: Letters, one) => both(sum, firstOf(one)), NONE);
    }
    case 'alternatives':
      return node.nodes.reduce((sum: Letters, one) => both(sum, firstOf(one)), NONE);
    case 'repeat':
      return firstOf(node.node);
    default:
      return node satisfies never;
  }
}

const both = (a: Letters, b: Letters): Letters => new Set([...a, ...b]);
