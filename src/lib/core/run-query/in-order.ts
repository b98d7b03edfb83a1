/** The comparators by which two numbers, or two texts by their letters, stand in an order. */
export type OrderComparator = '=' | '!=' | '>' | '>=' | '<' | '<=';

export function inOrder(a: string | number, comparator: OrderComparator, b: string | number): boolean {
  switch (comparator) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    default:
      return comparator satisfies never;
  }
}
