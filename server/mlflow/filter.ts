// MLflow's filter language for runs and experiments (mlflow.org/docs/latest/search-runs): clauses joined by AND, each a field, a
// comparator and a value. The app's own language (core/run-query) knows more; clients write this one.
import { fail, ok, type Result } from '#lib/core/result.ts';
import { inOrder } from '#lib/core/run-query/in-order.ts';

export interface Field {
  readonly kind: 'attributes' | 'metrics' | 'params' | 'tags';
  readonly key: string;
}
/** What is asked about: of a field its value, looked up when it is asked for; none where it has no such field. */
export type Subject = (field: Field) => string | number | null | undefined;
type Told = Readonly<Record<Field['kind'], Readonly<Record<string, string | number | null>>>>;

export const subjectOf =
  (told: Told): Subject =>
  ({ kind, key }) =>
    Object.hasOwn(told[kind], key) ? told[kind][key] : undefined;

/** Looks each field up once: an order asks for the same ones again and again. */
export function remembered(subject: Subject): Subject {
  const known = new Map<string, ReturnType<Subject>>();
  return (field) => {
    const name = `${field.kind}.${field.key}`;
    if (!known.has(name)) known.set(name, subject(field));
    return known.get(name);
  };
}

type Value = string | number | readonly string[];
interface Clause {
  readonly field: Field;
  readonly comparator: string;
  readonly value: Value;
}

// Maps, for "constructor" is a property of any object.
const kinds: ReadonlyMap<string, Field['kind']> = new Map([
  ['attribute', 'attributes'],
  ['attributes', 'attributes'],
  ['attr', 'attributes'],
  ['run', 'attributes'],
  ['metric', 'metrics'],
  ['metrics', 'metrics'],
  ['param', 'params'],
  ['params', 'params'],
  ['parameter', 'params'],
  ['parameters', 'params'],
  ['tag', 'tags'],
  ['tags', 'tags'],
]);
/** Attributes by the names that clients use for them. */
const attributeNames: ReadonlyMap<string, string> = new Map([
  ['run id', 'run_id'],
  ['run name', 'run_name'],
  ['Created', 'start_time'],
  ['created', 'start_time'],
  ['Status', 'status'],
  ['User', 'user_id'],
  ['user', 'user_id'],
]);

const FIELD = /^\s*(?:([A-Za-z]+)\.)?(?:`([^`]+)`|"([^"]+)"|([A-Za-z_][\w./-]*))/;
const COMPARATOR = /^\s*(!=|<>|>=|<=|=|>|<|NOT\s+IN\b|IN\b|I?LIKE\b)/i;
const TEXT = `'((?:[^']|'')*)'|"((?:[^"])*)"`;
const VALUE = new RegExp(`^\\s*(?:${TEXT}|(-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?))`);
// A comma must stand between two texts: without it `''` could be read in two ways, and a long row of them in as many as there are stars.
const LIST = new RegExp(`^\\s*\\(\\s*((?:${TEXT})(?:\\s*,\\s*(?:${TEXT}))*)\\s*\\)`);

export function readField(text: string): Field | undefined {
  const found = FIELD.exec(text);
  return found === null || found[0].trim() !== text.trim() ? undefined : fieldOf(found);
}

function fieldOf([, prefix, ticked, quoted, plain]: RegExpExecArray): Field | undefined {
  const key = ticked ?? quoted ?? plain ?? '';
  const kind = prefix === undefined ? 'attributes' : kinds.get(prefix.toLowerCase());
  if (kind === undefined) return undefined;
  return { kind, key: kind === 'attributes' ? (attributeNames.get(key) ?? key) : key };
}

/** Refused in a sentence; an empty text is true of all. `attributes`: those that there are. */
export function readFilter(
  text: string,
  attributes: readonly string[],
): Result<(subject: Subject) => boolean, string> {
  const clauses: Clause[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const named = FIELD.exec(rest);
    const field = named === null ? undefined : fieldOf(named);
    if (named === null || field === undefined)
      return fail(
        `Expected a field as metrics.rmse, params.model, tags.user or attributes.status at: ${rest}`,
      );
    if (field.kind === 'attributes' && !attributes.includes(field.key))
      return fail(`There is no attribute “${field.key}”. There are ${attributes.join(', ')}.`);
    rest = rest.slice(named[0].length);
    const compared = COMPARATOR.exec(rest);
    if (compared === null) return fail(`Expected =, !=, >, >=, <, <=, LIKE, ILIKE, IN or NOT IN at: ${rest}`);
    const comparator = compared[1]!.toUpperCase().replace(/\s+/, ' ').replace('<>', '!=');
    rest = rest.slice(compared[0].length);
    const isList = comparator.endsWith('IN');
    const given = (isList ? LIST : VALUE).exec(rest);
    if (given === null)
      return fail(isList ? `Expected ('a', 'b') at: ${rest}` : `Expected a number or 'text' at: ${rest}`);
    rest = rest.slice(given[0].length).trimStart();
    clauses.push({ field, comparator, value: isList ? textsIn(given[1] ?? '') : valueOf(given) });
    if (rest === '') break;
    const and = /^AND\b\s*/i.exec(rest);
    if (and === null) return fail(`Expected AND at: ${rest}`);
    rest = rest.slice(and[0].length);
    if (rest === '') return fail('Expected another clause after AND.');
  }
  const wrong = clauses.find(({ field, value }) => field.kind === 'metrics' && typeof value !== 'number');
  if (wrong !== undefined) return fail(`metrics.${wrong.field.key} is compared with a number.`);
  return ok((subject) => clauses.every((clause) => holds(clause, subject)));
}

const valueOf = ([, single, double, number]: RegExpExecArray): string | number =>
  number === undefined ? (single?.replaceAll("''", "'") ?? double ?? '') : Number(number);

const textsIn = (list: string): readonly string[] =>
  [...list.matchAll(new RegExp(TEXT, 'g'))].map(
    ([, single, double]) => single?.replaceAll("''", "'") ?? double ?? '',
  );

/** What a subject does not have is in no relation to anything. */
function holds({ field, comparator, value }: Clause, subject: Subject): boolean {
  const own = subject(field);
  if (own === undefined || own === null) return false;
  if (typeof value === 'object') return value.includes(String(own)) === (comparator === 'IN');
  const [a, b] = typeof own === 'number' ? [own, Number(value)] : [own, String(value)];
  switch (comparator) {
    case '=':
    case '!=':
    case '>':
    case '>=':
    case '<':
    case '<=':
      return inOrder(a, comparator, b);
    case 'LIKE':
      return isLike(String(a), String(b));
    default:
      return isLike(String(a).toLowerCase(), String(b).toLowerCase());
  }
}

/** %: any letters, _: one. In the length of both texts, whatever the pattern. */
function isLike(text: string, pattern: string): boolean {
  let [at, place, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[place] === '%') [star, resume, place] = [place, at, place + 1];
    else if (pattern[place] === '_' || pattern[place] === text[at]) [at, place] = [at + 1, place + 1];
    else if (star >= 0) {
      resume += 1;
      [at, place] = [resume, star + 1];
    } else return false;
  }
  while (pattern[place] === '%') place += 1;
  return place === pattern.length;
}

/** By "metrics.rmse DESC" and the like; who has no value comes last, whichever way. Refused in a sentence. */
export function readOrder(
  all: readonly string[],
  attributes: readonly string[],
): Result<(a: Subject, b: Subject) => number, string> {
  const keys: { readonly field: Field; readonly sign: number }[] = [];
  for (const text of all) {
    const read = /^(.*?)(?:\s+(ASC|DESC))?$/i.exec(text.trim());
    const field = readField(read?.[1] ?? '');
    if (field === undefined || (field.kind === 'attributes' && !attributes.includes(field.key)))
      return fail(`order_by: “${text}” names no field. Write metrics.rmse DESC, or attributes.start_time.`);
    keys.push({ field, sign: read?.[2]?.toUpperCase() === 'DESC' ? -1 : 1 });
  }
  return ok((a, b) => {
    for (const { field, sign } of keys) {
      const [one, other] = [a(field), b(field)];
      const missing = Number(isNone(one)) - Number(isNone(other));
      if (missing !== 0) return missing;
      if (isNone(one) || one === other) continue;
      return sign * ((one ?? '') < (other ?? '') ? -1 : 1);
    }
    return 0;
  });
}

const isNone = (value: string | number | null | undefined): boolean =>
  value === undefined || value === null || Number.isNaN(value);
