// A question about runs as a person types it: `metrics.accuracy > 0.9 and params.model = "forest"`. The words are MLflow's, with `or`,
// `not`, brackets and percent added; a bare word is looked for in names, notes and tags. Read to a tree (parse-query.ts), written back
// to text, and asked of one run (asked-of.ts).

/** One run, as a filter, a table and an export see it. */
export interface RunFacts {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  /** Of the dataset. */
  readonly data: string;
  /** What was chosen and set; numbers are numbers. */
  readonly params: Readonly<Record<string, string | number>>;
  readonly metrics: Readonly<Record<string, RunMetric>>;
  readonly tags: readonly string[];
  readonly note: string;
  /** Of this place: "2026-11-23 05:41". */
  readonly started: string;
}

export const runStatuses = ['running', 'cut off', 'stopped', 'failed', 'finished'] as const;
export type RunStatus = (typeof runStatuses)[number];

export interface RunMetric {
  readonly value: number;
  /** 95 %. */
  readonly interval?: { readonly low: number; readonly high: number } | undefined;
}

export const textFields = ['name', 'status', 'data', 'note', 'started'] as const;
export type TextField = (typeof textFields)[number];

export type QueryField =
  | { readonly type: 'metric' | 'param'; readonly name: string }
  | { readonly type: 'tags' }
  | { readonly type: 'text'; readonly name: TextField };

export const comparators = ['=', '!=', '>=', '<=', '>', '<', '~', '!~'] as const;
/** ~: holds the text, whatever its case. */
export type Comparator = (typeof comparators)[number];

export type Query =
  | { readonly type: 'and' | 'or'; readonly parts: readonly Query[] }
  | { readonly type: 'not'; readonly part: Query }
  | {
      readonly type: 'compare';
      readonly field: QueryField;
      readonly comparator: Comparator;
      readonly value: string | number;
    }
  | { readonly type: 'in'; readonly field: QueryField; readonly values: readonly (string | number)[] }
  /** A bare word. */
  | { readonly type: 'word'; readonly text: string };

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, (mark) => `\\${mark}`)}"`;
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

/** A metric or parameter as it is typed: names that are no word stand in backticks. */
export const typedName = (name: string): string =>
  PLAIN_NAME.test(name) ? name : `\`${name.replaceAll(/[`\\]/g, (mark) => `\\${mark}`)}\``;

export function typedField(field: QueryField): string {
  switch (field.type) {
    case 'metric':
      return `metrics.${typedName(field.name)}`;
    case 'param':
      return `params.${typedName(field.name)}`;
    case 'tags':
      return 'tags';
    case 'text':
      return field.name;
    default:
      return field satisfies never;
  }
}

const typedValue = (value: string | number): string =>
  typeof value === 'number' ? String(value) : quoted(value);

/** The text of a query, which reads to the same query. */
export function queryText(query: Query): string {
  switch (query.type) {
    case 'and':
    case 'or':
      return query.parts.map((part) => inBrackets(part)).join(` ${query.type} `);
    case 'not':
      return `not ${inBrackets(query.part)}`;
    case 'compare':
      return `${typedField(query.field)} ${query.comparator} ${typedValue(query.value)}`;
    case 'in':
      return `${typedField(query.field)} in (${query.values.map(typedValue).join(', ')})`;
    case 'word':
      return quoted(query.text);
    default:
      return query satisfies never;
  }
}

const inBrackets = (query: Query): string =>
  query.type === 'and' || query.type === 'or' ? `(${queryText(query)})` : queryText(query);
