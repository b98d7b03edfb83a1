// Whether a query is true of a run. What a run does not have is in no order to anything: every comparison with it is false, and `not`
// turns that round.
import { inOrder } from './in-order.ts';
import type { Comparator, Query, QueryField, RunFacts } from './query.ts';

export function isTrueOf(query: Query | undefined, facts: RunFacts): boolean {
  if (query === undefined) return true;
  switch (query.type) {
    case 'and':
      return query.parts.every((part) => isTrueOf(part, facts));
    case 'or':
      return query.parts.some((part) => isTrueOf(part, facts));
    case 'not':
      return !isTrueOf(query.part, facts);
    case 'word':
      return isWordIn(query.text, facts);
    case 'in':
      return query.values.some((value) => holds(query.field, '=', value, facts));
    case 'compare':
      return holds(query.field, query.comparator, query.value, facts);
    default:
      return query satisfies never;
  }
}

const hasText = (whole: string, part: string): boolean => whole.toLowerCase().includes(part.toLowerCase());

const isWordIn = (text: string, { name, note, data, tags, params, status }: RunFacts): boolean =>
  [name, note, data, status, ...tags, String(params['model'] ?? '')].some((one) => hasText(one, text));

function holds(field: QueryField, comparator: Comparator, value: string | number, facts: RunFacts): boolean {
  switch (field.type) {
    case 'metric': {
      const metric = facts.metrics[field.name];
      return metric !== undefined && compared(metric.value, comparator, value);
    }
    case 'param': {
      const param = facts.params[field.name];
      return param !== undefined && compared(param, comparator, value);
    }
    case 'tags':
      // Of any tag; != and !~ of all.
      return comparator === '!=' || comparator === '!~'
        ? facts.tags.every((tag) => compared(tag, comparator, value))
        : facts.tags.some((tag) => compared(tag, comparator, value));
    case 'text':
      return compared(facts[field.name], comparator, value);
    default:
      return field satisfies never;
  }
}

/** Numbers as numbers; anything else as texts, by their letters. */
function compared(own: string | number, comparator: Comparator, value: string | number): boolean {
  const [a, b] =
    typeof own === 'number' && typeof value === 'number' ? [own, value] : [String(own), String(value)];
  switch (comparator) {
    case '~':
      return hasText(String(a), String(b));
    case '!~':
      return !hasText(String(a), String(b));
    default:
      return inOrder(a, comparator, b);
  }
}
