// Recipes as texts, their digests and their history; each step on a few rows.
import { describe, expect, test } from 'vitest';
import { fitRecipe, applyRecipe, readFitted, fittedJson, fittedDigest } from './fit.ts';
import type { Settings } from './fields.ts';
import { changed, historyJson, newHistory, readHistory, redo, undo } from './history.ts';
import {
  MOST_STEPS,
  readRecipe,
  recipeDigest,
  recipeJson,
  recipeText,
  usualRecipe,
  usualStep,
  type Recipe,
} from './recipe.ts';
import { numberOf } from './steps/cast.ts';
import { steps } from './steps/index.ts';
import { tooWide } from './steps/words.ts';
import { tableOf, textAt, type Table } from './table.ts';

const envelope = (...own: unknown[]) => ({ format: 'tributary-recipe', version: 1, steps: own });
function recipeOf(...own: (readonly [name: string, settings?: Settings])[]): Recipe {
  return { steps: own.map(([name, settings]) => usualStep(name, settings)) };
}
function table(columns: Readonly<Record<string, readonly string[]>>, targets?: readonly string[]): Table {
  const names = Object.keys(columns);
  const rows = (columns[names[0] ?? ''] ?? []).map((_, row) =>
    names.map((name) => columns[name]?.[row] ?? ''),
  );
  return tableOf(names, rows, Array.from(rows.keys()), targets);
}
function fitted(recipe: Recipe, rows: Table) {
  const done = fitRecipe(recipe, rows);
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
}
const refusal = (recipe: Recipe, rows: Table): string => {
  const done = fitRecipe(recipe, rows);
  return done.ok ? 'taken' : done.error.message;
};
const cellsOf = ({ columns, rows }: Table, name: string): string[] => {
  const column = columns.find((one) => one.name === name);
  if (column === undefined) throw new Error(`There is no ${name}.`);
  return Array.from({ length: rows }, (_, row) => textAt(column, row));
};
/** Makes what is left a table that can be encoded. */
const ending = [['cast'], ['one-hot']] as const;

describe('a recipe', () => {
  test('is known by its steps and settings, whether the usual ones are written out or not', () => {
    const short = readRecipe(envelope({ step: 'impute', columns: ['age'] }));
    const long = readRecipe(
      envelope({ indicator: false, value: '', method: 'median', columns: ['age'], step: 'impute' }),
    );
    const other = readRecipe(envelope({ step: 'impute', columns: ['age'], method: 'mean' }));
    if (!short.ok || !long.ok || !other.ok) throw new Error('All three can be read.');
    expect(recipeDigest(short.value)).toBe(recipeDigest(long.value));
    expect(recipeDigest(other.value)).not.toBe(recipeDigest(long.value));
  });

  test('as it is printed is read as the same', () => {
    const read = readRecipe(JSON.parse(recipeText(usualRecipe)));
    expect(read).toEqual({ ok: true, value: usualRecipe });
  });

  test.each([
    [[], /This is no recipe. It begins as/],
    [{ format: 'tributary-recipe', version: 2, steps: [] }, /of version 2, and this program reads version 1/],
    [
      envelope(...Array.from({ length: MOST_STEPS + 1 }, () => ({ step: 'trim' }))),
      /101 steps; 100 are the most/,
    ],
    [envelope('impute'), /^Step 1 has no name/],
    [
      envelope({ step: 'trim' }, { step: 'imput' }),
      /^Step 2: there is no step “imput”. Use one of trim, replace/,
    ],
    [
      envelope({ step: 'impute', column: 'age' }),
      /^Step 1 \(impute\): it has no setting “column”. It has columns/,
    ],
    [envelope({ step: 'drop-useless', columns: [] }), /It has none/],
    [
      envelope({ step: 'impute', method: 'mode' }),
      /“method” needs one of mean, median, most-frequent, constant, but got "mode"/,
    ],
    [
      envelope({ step: 'bin', columns: ['a'], bins: 1 }),
      /“bins” needs a whole number from 2 to 100, but got 1/,
    ],
    [envelope({ step: 'bin', columns: ['a'], bins: 2.5 }), /“bins” needs a whole number/],
    [
      envelope({ step: 'drop' }),
      /“columns” needs a list of 1 column names or more, each once, but it is left out/,
    ],
    [envelope({ step: 'cross', columns: ['a', 'a'] }), /“columns” needs a list of 2 column names/],
    [envelope({ step: 'dates', cyclic: 'yes' }), /“cyclic” needs true or false, but got "yes"/],
    [envelope({ step: 'impute', method: 'constant' }), /it has no constant. Fill in “value”/],
    [envelope({ step: 'replace' }), /it has nothing to find/],
    [envelope({ step: 'replace', find: '(', how: 'pattern' }), /“\(” is no regular expression/],
    [envelope({ step: 'replace', find: '((a+))+b', how: 'pattern' }), /can take for ever/],
    [envelope({ step: 'replace', find: '.*.*.*.*x', how: 'pattern' }), /can take for ever/],
    [
      envelope({ step: 'clip', low: 3, high: 2, by: 'values' }),
      /the lowest \(3\) lies above the highest \(2\)/,
    ],
    [envelope({ step: 'clip', low: 1, high: 99 }), /quantiles lie between 0 and 1/],
  ])('that cannot be is refused by its step, with what to do (%#)', (given, message) => {
    const read = readRecipe(given);
    expect(read.ok ? 'read' : read.error).toMatch(message);
  });

  test('undone and done again has the digest that it had', () => {
    const first = newHistory();
    const digest = recipeDigest(first.now);
    const second = changed(first, { steps: [usualStep('trim'), ...first.now.steps] });
    expect(recipeDigest(second.now)).not.toBe(digest);
    const back = undo(second);
    expect(recipeDigest(back.now)).toBe(digest);
    expect(recipeDigest(redo(back).now)).toBe(recipeDigest(second.now));
    expect(undo(back)).toEqual(back);
    expect(redo(second)).toEqual(second);
    // Changing nothing is no change, and a change after an undoing takes its place.
    expect(changed(second, second.now)).toBe(second);
    expect(changed(back, { steps: [] }).undone).toEqual([]);
    expect(readHistory(JSON.parse(JSON.stringify(historyJson(back))))).toEqual({ ok: true, value: back });
    expect(readHistory({ now: {}, past: [], undone: [] }).ok).toBe(false);
  });

  test('fitted is plain JSON: read back it does the same, and rows are the same digest on two devices', () => {
    const rows = table({ age: ['10', '20', '', '40'], town: ['a', 'b', 'a', ''] });
    const recipe = recipeOf(['cast'], ['impute'], ['scale'], ['one-hot']);
    const here = fitted(recipe, rows);
    const there = fitted(JSON.parse(JSON.stringify(recipe)) as Recipe, rows);
    expect(fittedDigest(there.fitted)).toBe(fittedDigest(here.fitted));
    const read = readFitted(JSON.parse(JSON.stringify(fittedJson(here.fitted))));
    if (!read.ok) throw new Error(read.error);
    expect(applyRecipe(read.value, rows)).toEqual(here.table);
    expect(readFitted({ ...fittedJson(here.fitted), states: [] }).ok).toBe(false);
    // A state of another step is none of this one.
    const [first, ...rest] = here.fitted.states;
    expect(applyRecipe({ ...here.fitted, states: [...rest, first!] }, rows)).toBeUndefined();
  });

  test('says what each step did to rows, columns and missing cells', () => {
    const rows = table({ id: ['1', '2', '3'], age: ['10', '', '10'] }, ['x', 'y', 'x']);
    const { reports } = fitted(
      recipeOf(['drop', { columns: ['id'] }], ['dedupe'], ['cast'], ['impute']),
      rows,
    );
    expect(reports.map(({ before, after }) => [before, after])).toEqual([
      [
        { rows: 3, columns: 2, missing: 1 },
        { rows: 3, columns: 1, missing: 1 },
      ],
      [
        { rows: 3, columns: 1, missing: 1 },
        { rows: 2, columns: 1, missing: 1 },
      ],
      [
        { rows: 2, columns: 1, missing: 1 },
        { rows: 2, columns: 1, missing: 1 },
      ],
      [
        { rows: 2, columns: 1, missing: 1 },
        { rows: 2, columns: 1, missing: 0 },
      ],
    ]);
  });

  test('whose step fails says which, and what the steps before it did', () => {
    const rows = table({ town: ['a', 'b'] });
    const done = fitRecipe(recipeOf(['trim'], ['impute', { columns: ['age'] }]), rows);
    expect(done.ok ? undefined : done.error).toMatchObject({
      step: 1,
      message: 'Step 2 (impute): there is no column “age” here. There are “town”.',
      reports: [{ step: 'trim' }],
    });
    expect(refusal(recipeOf(['scale', { columns: ['town'] }]), rows)).toMatch(
      /“town” holds texts at this step, and it needs numbers. A “cast” step before this one/,
    );
    expect(refusal(recipeOf(), rows)).toMatch(/“town” still holds texts after the last step. Add/);
    expect(refusal(recipeOf(['drop', { columns: ['town'] }]), rows)).toMatch(/no column to learn from/);
    const twice = table({ a: ['1', '2'], 'a (missing)': ['1', '2'] });
    expect(refusal(recipeOf(['cast'], ['impute', { indicator: true }]), twice)).toMatch(
      /makes a second column “a \(missing\)”/,
    );
  });
});

describe('each step', () => {
  test.each([
    ['trim', { case: 'lower' }, ['  Sao  Paulo', 'SAO\u00a0PAULO', '?'], ['sao paulo', 'sao paulo', '']],
    // NFD and NFC of one word.
    ['trim', {}, ['Zu\u0308rich', 'Z\u00fcrich'], ['Z\u00fcrich', 'Z\u00fcrich']],
    ['replace', { find: '-9', with: '' }, ['-9', '-99', '3'], ['', '-99', '3']],
    ['replace', { find: ' kg', how: 'part' }, ['3 kg', '4 kg', '5'], ['3', '4', '5']],
    ['replace', { find: '(\\d+),(\\d+)', how: 'pattern', with: '$1.$2' }, ['3,5', 'x'], ['3.5', 'x']],
  ] as const)('%s %j', (name, settings, cells, wanted) => {
    const done = fitted(recipeOf([name, settings], ['one-hot']), table({ x: cells }));
    expect(cellsOf(done.table, 'x')).toEqual(wanted);
  });

  test('trim and replace leave what they find nothing in, and say so', () => {
    const rows = table({ x: ['1', '2'] });
    const { reports } = fitted(recipeOf(['replace', { find: 'q' }], ['cast'], ['trim']), rows);
    expect(reports[0]?.notes).toEqual(['No cell of the rows to learn from holds it.']);
    expect(reports[2]?.notes).toEqual(['No column here holds texts, so that there is nothing to do.']);
  });

  test('a pattern leaves long cells, and says how many', () => {
    const recipe = recipeOf(['replace', { find: 'a+', how: 'pattern', with: 'b' }], ...ending);
    const { reports } = fitted(
      {
        steps: [...recipe.steps.slice(0, 1), usualStep('drop', { columns: ['x'] }), ...recipe.steps.slice(1)],
      },
      table({ x: ['a'.repeat(501), 'aa'], y: ['1', '2'] }),
    );
    expect(reports[0]?.notes).toEqual([
      '1 cells have more than 500 letters, where no pattern is looked for.',
    ]);
  });

  test('cast goes by values, or as told, and what cannot be read is missing', () => {
    const rows = table({ n: ['1', '2.5'], t: ['2024-05-17', '1970-01-02'], m: ['1', 'x'], c: ['1,5', '2'] });
    const told = recipeOf(
      ['cast', { columns: ['m'], to: 'number' }],
      ['cast', { columns: ['c'], decimal: 'comma' }],
      ...ending,
    );
    const done = fitted(told, rows);
    expect(cellsOf(done.table, 'n')).toEqual(['1', '2.5']);
    expect(cellsOf(done.table, 't')).toEqual(['19860', '1']);
    expect(cellsOf(done.table, 'm')).toEqual(['1', '']);
    expect(cellsOf(done.table, 'c')).toEqual(['1.5', '2']);
    expect(done.reports[0]?.notes).toEqual(['1 cells of “m” are no number, and read as missing.']);
    // Served, what is unlike the rows learnt from is counted: no number, and a gap where there never was one.
    const served = applyRecipe(done.fitted, table({ n: ['x', ''], t: ['', ''], m: ['', ''], c: ['1', '1'] }));
    expect(served?.unseen).toBe(4);
    expect(
      cellsOf(fitted(recipeOf(['cast'], ['cast', { to: 'text' }], ['one-hot']), rows).table, 'n'),
    ).toEqual(['1', '2.5']);
  });

  test.each([
    ['999,50', 999.5],
    ['1.250', 1250],
    ['-1.250.000,5', -1_250_000.5],
    ['1,5e3', 1500],
    ['1.25', NaN],
    ['0.250', NaN],
    ['1.250.00', NaN],
    ['1,250.00', NaN],
    ['1,2,3', NaN],
  ])('with decimals after a comma %s is %d', (cell, value) => {
    expect(numberOf(cell, 'comma')).toBe(value);
  });

  test('a cell of digits that go on and on is no number', () => {
    expect([numberOf('12.'), numberOf('.5e1'), numberOf('9'.repeat(300))]).toEqual([12, 5, 1e300]);
    expect(numberOf(`0.${'1'.repeat(398)}`)).toBeCloseTo(1 / 9);
    // By backtracking over every place where a point may have been, it would take hours.
    expect(numberOf(`${'1'.repeat(2_000_000)}x`)).toBeNaN();
    expect(numberOf(`0.${'1'.repeat(399)}`)).toBeNaN();
  });

  test('drop-useless leaves out what teaches nothing, and says why', () => {
    const count = 40;
    const rows = table({
      patient_id: Array.from({ length: count }, (_, row) => String(row)),
      same: Array.from({ length: count }, () => 'x'),
      empty: Array.from({ length: count }, () => ''),
      name: Array.from({ length: count }, (_, row) => `n${row}`),
      kept: Array.from({ length: count }, (_, row) => String(row % 9)),
    });
    const { table: left, reports } = fitted(recipeOf(['cast'], ['drop-useless']), rows);
    expect(left.columns.map((column) => column.name)).toEqual(['kept']);
    expect(reports[1]?.notes).toHaveLength(4);
    expect(reports[1]?.notes[0]).toBe(
      '“patient_id” is left out: it looks like an identifier, which no model should learn.',
    );
  });

  test('dedupe counts what is foretold, and drop-rows what is named; rows to predict all stay', () => {
    const rows = table({ a: ['1', '1', '1', ''], b: ['', 'x', 'x', 'x'] }, ['p', 'p', 'q', 'q']);
    const once = fitted(recipeOf(['dedupe', { columns: ['a'] }], ...ending), rows);
    expect(Array.from(once.table.origins)).toEqual([0, 2, 3]);
    const whole = fitted(recipeOf(['drop-rows', { columns: ['b'] }], ...ending), rows);
    expect(Array.from(whole.table.origins)).toEqual([1, 2, 3]);
    expect(applyRecipe(whole.fitted, rows)?.rows).toBe(4);
    expect(refusal(recipeOf(['drop-rows']), table({ a: ['', '1'], b: ['x', ''] }))).toMatch(
      /every row lacks a value/,
    );
  });

  test('impute fills in texts and constants, says where, and refuses what it cannot', () => {
    const rows = table({ n: ['1', '', '5'], s: ['b', 'a', ''], e: ['', '', ''] });
    const done = fitted(
      recipeOf(
        ['cast', { columns: ['n'] }],
        ['impute', { columns: ['n'], method: 'constant', value: '-1', indicator: true }],
        ['impute', { columns: ['s'], method: 'most-frequent' }],
        ['impute', { columns: ['e'], method: 'constant', value: 'none' }],
        ['one-hot'],
      ),
      rows,
    );
    expect(cellsOf(done.table, 'n')).toEqual(['1', '-1', '5']);
    expect(cellsOf(done.table, 'n (missing)')).toEqual(['0', '1', '0']);
    expect(cellsOf(done.table, 's')).toEqual(['b', 'a', 'a']);
    expect(cellsOf(done.table, 'e')).toEqual(['none', 'none', 'none']);
    const bad = ['impute', { columns: ['n'], method: 'constant', value: 'x' }] as const;
    expect(refusal(recipeOf(['cast'], bad), rows)).toMatch(/“n” holds numbers, and “x” is none/);
    expect(refusal(recipeOf(['impute', { columns: ['e'], method: 'most-frequent' }]), rows)).toMatch(
      /“e” is empty in every row/,
    );
  });

  test.each([
    // Quartiles of 0 … 8 and 100: 2.25 and 6.75, so that 1.5 · 4.5 beyond them is −4.5 and 13.5.
    [{ by: 'quartiles' }, ['0', '13.5'], ['-4.5', '13.5']],
    [{ by: 'values', low: 1, high: 5 }, ['1', '5'], ['1', '5']],
    [{ low: 0, high: 1 }, ['0', '100'], ['0', '100']],
  ] as const)('clip %j', (settings, learnt, served) => {
    const x = ['0', '100', ...Array.from({ length: 8 }, (_, at) => String(at + 1))];
    const done = fitted(recipeOf(['cast'], ['clip', settings]), table({ x }));
    expect(cellsOf(done.table, 'x').slice(0, 2)).toEqual(learnt);
    // By what was learnt, whatever is served.
    expect(cellsOf(applyRecipe(done.fitted, table({ x: ['-50', '500', ''] }))!, 'x')).toEqual([
      ...served,
      '',
    ]);
  });

  test('clip leaves what is one value in nearly all rows, and words unless they are named', () => {
    const rows = table({
      note: Array.from(
        { length: 20 },
        (_, row) => `rest walk ${row < 4 ? 'fever' : 'diet'} sleep knee n${row}`,
      ),
      b: Array.from({ length: 20 }, (_, row) => (row < 3 ? '1' : '0')),
      x: Array.from({ length: 20 }, (_, row) => (row === 19 ? '900' : String(row))),
    });
    const words = ['tf-idf', { columns: ['note'], rarest: 2 }] as const;
    const clipped = (settings: Settings) =>
      fitted(recipeOf(words, ['cast'], ['clip', { by: 'quartiles', ...settings }]), rows);
    const { table: done, reports } = clipped({});
    const fever = done.columns.find(({ name }) => name.includes('fever'))?.name ?? '';
    expect(cellsOf(done, fever).filter((cell) => cell !== '0')).toHaveLength(4);
    expect(cellsOf(done, 'b').slice(0, 4)).toEqual(['1', '1', '1', '0']);
    expect(cellsOf(done, 'x').at(-1)).not.toBe('900');
    expect(reports[2]?.notes).toEqual([
      '“b” is 0 in nearly all rows, and is left as it is.',
      '1 values of “x” are moved to a bound.',
    ]);
    expect(clipped({ columns: [fever] }).reports[2]?.notes).toEqual([
      `“${fever}” is 0 in nearly all rows, and is left as it is.`,
    ]);
  });

  test('log keeps zero and the sign', () => {
    const done = fitted(recipeOf(['cast'], ['log', { columns: ['x'] }]), table({ x: ['0', '-1', '1', ''] }));
    const two = Number(Math.LN2.toPrecision(12));
    expect(cellsOf(done.table, 'x')).toEqual(['0', String(-two), String(two), '']);
  });

  test('log drops the scale of what was there before, and what it knew of times, and says so', () => {
    const rows = table({ x: ['1000', '20000', '53000'], t: ['2024-05-17', '1970-01-02', '2000-01-01'] });
    const done = fitted(recipeOf(['cast'], ['scale'], ['log', { columns: ['x', 't'] }]), rows);
    expect(done.columns).toMatchObject([
      { name: 'x', mean: 0, standardDeviation: 1 },
      { name: 't', mean: 0, standardDeviation: 1 },
    ]);
    expect(done.columns[1]).not.toHaveProperty('reads');
    expect(done.reports[2]?.notes[0]).toMatch(/“x” was scaled as it was before, .* Scale it after this/);
  });

  test('bin names its bins, keeps the numbers where asked, and refuses what has no spread', () => {
    const x = Array.from({ length: 8 }, (_, at) => String(at));
    const settings = { columns: ['x'], bins: 2, keep: true } as const;
    const done = fitted(recipeOf(['cast'], ['bin', settings]), table({ x: [...x, ''] }));
    expect(cellsOf(done.table, 'x (bin)').slice(3)).toEqual([
      'below 3.5',
      '3.5 or more',
      '3.5 or more',
      '3.5 or more',
      '3.5 or more',
      '',
    ]);
    expect(cellsOf(done.table, 'x')).toEqual([...x, '']);
    const same = table({ x: ['1', '1'] });
    expect(refusal(recipeOf(['cast'], ['bin', settings]), same)).toMatch(/too few different values for bins/);
  });

  test('cross joins what both say, missing where one is', () => {
    const rows = table({ a: ['x', 'y', ''], b: ['1', '2', '1'] });
    const recipe = recipeOf(['cross', { columns: ['a', 'b'] }], ['one-hot']);
    const done = fitted(recipe, rows);
    expect(cellsOf(done.table, 'a × b')).toEqual(['x × 1', 'y × 2', '']);
    expect(done.fitted.inputs).toEqual(['a', 'b']);
    const long = table({ ['a'.repeat(50)]: ['1'], ['b'.repeat(50)]: ['2'] });
    expect(refusal(recipeOf(['cross', { columns: ['a'.repeat(50), 'b'.repeat(50)] }]), long)).toMatch(
      /longer than the 80 letters/,
    );
  });

  test('dates become parts, and places on a circle where asked', () => {
    const rows = table({ day: ['2024-01-01', '2024-07-07T18:00', ''] });
    const done = fitted(recipeOf(['dates', { cyclic: true }]), rows);
    const row = (at: number) => done.table.columns.map((column) => textAt(column, at));
    expect(row(0).slice(0, 5)).toEqual(['2024', '1', '1', '1', '0']);
    expect(row(1).slice(0, 5)).toEqual(['2024', '7', '7', '7', '18']);
    expect(cellsOf(done.table, 'day (month, cosine)')).toEqual(['1', '-1', '']);
    expect(cellsOf(done.table, 'day (hour, sine)')).toEqual(['0', '-1', '']);
    expect(applyRecipe(done.fitted, table({ day: ['soon'] }))?.unseen).toBe(1);
  });

  test('one-hot refuses what is no category', () => {
    const many = table({ x: Array.from({ length: 1001 }, (_, row) => `n${row}`) });
    expect(refusal(recipeOf(['one-hot']), many)).toMatch(/1001 different values, and at most 999/);
    expect(refusal(recipeOf(['one-hot']), table({ x: ['a'.repeat(81), 'b'] }))).toMatch(
      /more than 80 letters/,
    );
  });

  test('words that would be too many numbers are refused before one is written', () => {
    expect(tooWide({ rows: 1000 }, 20_000)).toBeUndefined();
    expect(tooWide({ rows: 1000 }, 20_001)).toMatch(/20001 columns in 1000 rows, which is more than is held/);
  });

  test('is told of in words, has settings that a form can ask for, and is in the list once', () => {
    const names = steps.map((step) => step.name);
    expect(new Set(names).size).toBe(names.length);
    for (const step of steps) {
      expect(step.title).not.toBe('');
      expect(step.description).toMatch(/\.$/);
    }
    expect(recipeJson(usualRecipe).steps.map((step) => step.step)).toEqual([
      'dates',
      'terms',
      'cast',
      'drop-useless',
      'one-hot',
      'scale',
    ]);
  });
});
