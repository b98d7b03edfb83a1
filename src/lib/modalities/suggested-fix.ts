// What would probably mend cells that break a rule, from the cells themselves: a guess in words, never a change of its own.
import type { RefusalKind } from './import-report.ts';

export interface Evidence {
  /** What the first refusal said. */
  readonly message: string;
  /** Found texts and how often, the first fifty. */
  readonly values: Map<string, number>;
  /** There are more than those: of the others nothing is said. */
  hasMore?: boolean;
  readonly options?: readonly string[] | undefined;
  readonly fits?: ((value: number) => boolean) | undefined;
}

export function suggestedFix(kind: RefusalKind, evidence: Evidence): string {
  const found = [...evidence.values.keys()];
  // No cell broke it: a picture or a recording did, of which the refusal says all.
  if (found.length === 0 && (kind === 'unknown-class' || kind === 'unknown-category'))
    return evidence.message;
  switch (kind) {
    case 'not-a-number':
      return numberFix(found);
    case 'not-a-time':
      return timeFix(found);
    case 'out-of-range':
      return rangeFix(found, evidence);
    case 'unknown-category':
    case 'unknown-class':
      return categoryFix(found, evidence.options ?? []);
    case 'missing-value':
      return 'Fill these cells in, or leave the rows out. Where values are missing for a reason, the coordinator of a federation can allow it.';
    case 'not-unique':
      return 'Delete the rows that stand twice, or give each a value of its own.';
    case 'wrong-pattern':
      return patternFix(found);
    case 'too-many-missing':
      return 'Fill in more of these cells, or leave the column out of the contract.';
    case 'ragged-row':
      return 'Look at the separators and quotation marks of these rows: a cell that holds the separator must be quoted.';
    default:
      return evidence.message;
  }
}

const all = (found: readonly string[], test: (text: string) => boolean): boolean =>
  found.length > 0 && found.every(test);

function numberFix(found: readonly string[]): string {
  const [first = ''] = found;
  if (all(found, (text) => /^[+-]?\d+,\d+$/.test(text)))
    return `Write decimals with a point: ${first} as ${first.replace(',', '.')}.`;
  if (all(found, (text) => /^[+-]?\d{1,3}([ ,'’]\d{3})+(\.\d+)?$/.test(text)))
    return `Write numbers without separators of thousands: ${first} as ${first.replace(/[ ,'’]/g, '')}.`;
  if (all(found, (text) => /^[+-]?\d+(\.\d+)?\s*[^\d\s.,]+$/.test(text)))
    return `Leave the unit out: ${first} as ${Number.parseFloat(first)}.`;
  return 'Correct these cells, or empty them where the value is not known and the column may be missing.';
}

/** Only where the day cannot be the month: 17.05.2024 is plain, 04/05/2024 is not. */
function timeFix(found: readonly string[]): string {
  const parts = found.map((text) => /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/.exec(text));
  const known = parts.filter((part) => part !== null);
  const [first] = known;
  if (first !== undefined && known.length === found.length) {
    const isDayFirst = known.some((part) => Number(part[1]) > 12);
    const isMonthFirst = known.some((part) => Number(part[3]) > 12);
    const [day, month] = isDayFirst ? [first[1], first[3]] : [first[3], first[1]];
    if (isDayFirst !== isMonthFirst)
      return `Write the year first: ${first[0]} as ${first[4]}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}.`;
    return 'Write the year first, then the month and the day, as 2024-05-17: these dates can be read in two ways.';
  }
  return 'Write dates as 2024-05-17 and times as 2024-05-17T13:05, or empty the cells where the column may be missing.';
}

function rangeFix(found: readonly string[], { fits, hasMore }: Evidence): string {
  const [first = ''] = found;
  if (fits !== undefined)
    for (const [factor, words] of [
      [1000, 'divided by 1000'],
      [100, 'divided by 100'],
      [10, 'divided by 10'],
      [0.01, 'times 100'],
      [0.001, 'times 1000'],
    ] as const)
      if (all(found, (text) => fits(Number(text) / factor)))
        return `Is this another unit? ${words[0]?.toUpperCase()}${words.slice(1)} ${hasMore === true ? `each of the first ${found.length} texts` : 'every one of them'} lies in range: ${first} would be ${Number((Number(first) / factor).toPrecision(12))}.`;
  return 'Correct these cells, or leave the rows out.';
}

function categoryFix(found: readonly string[], options: readonly string[]): string {
  const guesses = found
    .flatMap((text) => {
      const near = nearest(text, options);
      return near === undefined ? [] : [`“${text}” is probably “${near}”`];
    })
    .slice(0, 3);
  return guesses.length > 0
    ? `${guesses.join(', ')}: write it so.`
    : 'Correct these cells, leave the rows out, or ask the coordinator to add the value.';
}

const patternFix = (found: readonly string[]): string => {
  const [first = ''] = found;
  if (all(found, (text) => /\s/.test(text)))
    return `Leave the spaces out: “${first}” as “${first.replace(/\s+/g, '')}”, where that is meant.`;
  return 'Write these cells as the pattern says, or leave the rows out.';
};

/** The option that differs least, where it differs by few letters or is what the text begins with. */
function nearest(text: string, options: readonly string[]): string | undefined {
  const own = text.toLowerCase();
  let best: { readonly option: string; readonly far: number } | undefined;
  for (const option of options) {
    const other = option.toLowerCase();
    const begins = own.length > 0 && (other.startsWith(own) || (other.length > 1 && own.startsWith(other)));
    const far = begins ? 1 : distance(own, other);
    if (best === undefined || far < best.far) best = { option, far };
  }
  return best !== undefined && best.far <= Math.max(1, Math.floor(own.length / 4)) ? best.option : undefined;
}

/** Levenshtein's: letters to put in, leave out or change. */
function distance(a: string, b: string): number {
  if (a.length > 80 || b.length > 80) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
