// The language that runs are filtered by: what a person types, what it finds, and what is said where it cannot be read.
import { expect, test } from 'vitest';
import { random, type Random } from '../random.ts';
import { isTrueOf } from './asked-of.ts';
import { parseQuery } from './parse-query.ts';
import { comparators, queryText, textFields, type Query, type QueryField, type RunFacts } from './query.ts';

const run = (id: string, more: Partial<RunFacts>): RunFacts => ({
  id,
  name: id,
  status: 'finished',
  data: 'heart.csv',
  params: {},
  metrics: {},
  tags: [],
  note: '',
  started: '2026-11-23 05:41',
  ...more,
});
const runs: readonly RunFacts[] = [
  run('forest of hearts', {
    params: { model: 'forest', depth: 8, seed: 1 },
    metrics: { accuracy: { value: 0.91 }, auc: { value: 0.95 } },
    tags: ['best', 'to show'],
  }),
  run('line', {
    params: { model: 'logistic', seed: 2 },
    metrics: { accuracy: { value: 0.84 }, 'log loss': { value: 0.4 } },
    note: 'Simple, "good enough"',
    started: '2026-11-24 10:00',
  }),
  run('cut', { status: 'cut off', params: { model: 'auto' }, data: 'wards.csv' }),
];
function found(text: string): string[] {
  const query = parseQuery(text);
  if (!query.ok) throw new Error(query.error.message);
  return runs.filter((one) => isTrueOf(query.value, one)).map((one) => one.id);
}
const [forest, line, cut] = ['forest of hearts', 'line', 'cut'];

test.each([
  ['', [forest, line, cut]],
  ['metrics.accuracy > 0.9', [forest]],
  ['metrics.accuracy >= 84%', [forest, line]],
  ['metrics.auc > 0.9 and params.model = "forest"', [forest]],
  // A run without the metric is on no side of a comparison, and on the other side of `not`.
  ['metrics.accuracy < 0.9', [line]],
  ['not metrics.accuracy >= 0.9', [line, cut]],
  ['metrics.`log loss` < .5', [line]],
  ["params.model in ('forest', 'auto')", [forest, cut]],
  ['params.depth > 4', [forest]],
  ['params.model != forest', [line, cut]],
  ['params.seed = 2', [line]],
  ['tags = best', [forest]],
  ['tags != best', [line, cut]],
  ['tags ~ SHOW or status = "cut off"', [forest, cut]],
  ['status = finished and started >= "2026-11-24"', [line]],
  // `and` binds more than `or`.
  ['status = "cut off" or params.model = forest and metrics.accuracy > 1', [cut]],
  ['(status = "cut off" or params.model = forest) and metrics.accuracy > 0', [forest]],
  ['note ~ "\\"good"', [line]],
  ['hearts', [forest]],
  ['wards and cut', [cut]],
  ['NOT hearts AND NOT wards', [line]],
])('%s', (text, expected) => {
  expect(found(text)).toEqual(expected);
});

const known = { metrics: ['accuracy', 'log loss'], params: ['model', 'depth'] };
test.each([
  ['metrics.acuracy > 0.9', 'No run here has a metric “acuracy”. Is accuracy meant?', 'acuracy'],
  ['metrics.log > 0.9', 'Is `log loss` meant?', 'log'],
  ['params.trees = 3', 'No run here has a parameter “trees”. There are model, depth.', 'trees'],
  ['metrics.accuracy > "high"', 'Metrics are numbers: “high” is none.', '"high"'],
  ['metrics.accuracy ~ 0.9', 'compare them with = != > >= < <=', '0.9'],
  ['metrics.accuracy 0.9', 'After metrics comes one of = !=', '0.9'],
  ['metrics > 1', 'Say which: metrics.accuracy', '>'],
  ['status = done', 'No run has the status “done”. There are "running", "cut off"', 'done'],
  ['name > "a"', 'Texts are compared with = != ~ !~ or in.', '>'],
  ['tags = ', 'A value is missing here', ''],
  ['(tags = a', 'A bracket is not closed: write ) here.', ''],
  ['tags = a) or b', 'This ) closes no bracket', ')'],
  ['tags = a name = b', 'Put and or or between two conditions.', 'name'],
  ['tags in "a"', 'After in comes a list in brackets', '"a"'],
  ['tags in ("a" "b")', 'A list ends with ).', '"b"'],
  ['colour = red', 'There is no field “colour”. Use metrics.NAME', 'colour'],
  ['run.depth = 3', 'Names with a dot begin with metrics. or params.', 'run'],
  ['tags = "a', 'The " is not closed.', '"a'],
  ['tags = a and', 'A condition is missing here', ''],
  ['3 > metrics.accuracy', 'A condition begins with metrics.', '3'],
  ['tags & a', '“&” has no meaning here', '&'],
  ['('.repeat(60), 'At most 50 brackets', '('],
  ['a'.repeat(2001), 'at most 2000 letters', 'a'],
])('%s is refused with its place and what to write', (text, message, where) => {
  const read = parseQuery(text, known);
  expect(read).toMatchObject({ ok: false, error: { message: expect.stringContaining(message) } });
  if (!read.ok) expect(text.slice(read.error.at, read.error.end)).toBe(where);
});

const letters = ['a', 'forest', 'log loss', 'x"y', '`', '\\', 'not', 'and', 'größe', '', "it's", '0.5 %'];
const numbers = [0, 1, -2.5, 1e-9, 123456, 0.1];
function drawnField(draw: Random): QueryField {
  const pick = draw.below(4);
  const name = letters[draw.below(letters.length)]!;
  if (pick === 0) return { type: 'metric', name };
  if (pick === 1) return { type: 'param', name };
  if (pick === 2) return { type: 'tags' };
  return { type: 'text', name: textFields.filter((one) => one !== 'status')[draw.below(4)]! };
}
function drawn(draw: Random, depth: number): Query {
  const pick = depth > 3 ? 3 + draw.below(3) : draw.below(6);
  if (pick < 2) {
    const parts = Array.from({ length: 2 + draw.below(2) }, () => drawn(draw, depth + 1));
    return { type: pick === 0 ? 'and' : 'or', parts };
  }
  if (pick === 2) return { type: 'not', part: drawn(draw, depth + 1) };
  if (pick === 3) return { type: 'word', text: letters[draw.below(letters.length)]! };
  const field = drawnField(draw);
  const value = (): string | number =>
    field.type === 'metric' || (field.type === 'param' && draw.below(2) === 0)
      ? numbers[draw.below(numbers.length)]!
      : letters[draw.below(letters.length)]!;
  if (pick === 4) return { type: 'in', field, values: Array.from({ length: 1 + draw.below(3) }, value) };
  const signs =
    field.type === 'metric'
      ? comparators.slice(0, 6)
      : field.type === 'param' || (field.type === 'text' && field.name === 'started')
        ? comparators
        : (['=', '!=', '~', '!~'] as const);
  return { type: 'compare', field, comparator: signs[draw.below(signs.length)]!, value: value() };
}

test('a drawn query, written and read, is the same query: 1,000 of them, and each keeps De Morgan’s law', () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 1000; seed += 1) {
    const query = drawn(random(seed, 'queries'), 0);
    kinds.add(query.type);
    const text = queryText(query);
    expect(parseQuery(text), text).toEqual({ ok: true, value: query });
    if (query.type !== 'and') continue;
    const turned: Query = { type: 'or', parts: query.parts.map((part) => ({ type: 'not', part })) };
    for (const one of runs) expect(isTrueOf(query, one)).toBe(!isTrueOf(turned, one));
  }
  expect([...kinds].sort()).toEqual(['and', 'compare', 'in', 'not', 'or', 'word']);
});

test('whatever is typed is read, or refused with a place inside the text; 2,500 drawn texts', () => {
  const pieces = [
    'metrics.',
    'params.',
    'a',
    'tags',
    'in',
    '(',
    ')',
    ',',
    '"',
    "'",
    '`',
    '\\',
    '=',
    '!',
    '~',
  ];
  pieces.push('>', '<', 'and', 'or', 'not', ' ', ' ', '0.5', '%', '-', 'e9', '.', 'status', 'ö', '🜲', '\n');
  let read = 0;
  for (let seed = 0; seed < 2500; seed += 1) {
    const draw = random(seed, 'texts');
    const text = Array.from({ length: draw.below(14) }, () => pieces[draw.below(pieces.length)]!).join('');
    const query = parseQuery(text, seed % 2 === 0 ? known : undefined);
    if (query.ok) {
      read += 1;
      for (const one of runs) isTrueOf(query.value, one);
      continue;
    }
    expect(query.error.message.length).toBeGreaterThan(10);
    expect(query.error.at).toBeGreaterThanOrEqual(0);
    expect(query.error.end).toBeGreaterThanOrEqual(query.error.at);
    expect(query.error.end).toBeLessThanOrEqual(text.length);
  }
  expect(read).toBeGreaterThan(100);
  expect(read).toBeLessThan(2400);
});
