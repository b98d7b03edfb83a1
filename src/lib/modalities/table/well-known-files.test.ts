// Tables in the forms in which well-known ones are published: the first rows of each, made up.
import { expect, test } from 'vitest';
import { sourceOfBytes, sourceOfText, type SourceFile } from '../source-file.ts';
import { inferTableContract } from './infer-contract.ts';
import { readHead } from './read-head.ts';
import { tableFacts } from './table-facts.ts';
import { namesByPlace, type TableReading } from './table-reading.ts';

const read = async (file: SourceFile, reading?: TableReading) => {
  const head = await readHead({ ...file, reading }, 1e6);
  return head.ok ? [head.value.header, ...head.value.rows] : head.error.message;
};
const text = (content: string, reading?: TableReading) => read(sourceOfText('a.data', content), reading);
/** So that a value stands again below. */
const twice = (lines: string): string => lines + lines;

test.each([
  ['iris', twice('5.1,3.5,Iris-setosa\n4.9,3.0,Iris-virginica\n') + '\n', ['5.1', '3.5', 'Iris-setosa']],
  ['wine', '1,14.23,1.71,127\n2,13.2,1.78,100\n3,13.16,2.36,101\n', ['1', '14.23', '1.71', '127']],
  ['car', twice('vhigh,2,low,unacc\nlow,5more,high,acc\n'), ['vhigh', '2', 'low', 'unacc']],
  ['mushrooms', twice('p,x,?,n\ne,x,s,y\n'), ['p', 'x', '?', 'n']],
  ['adult', twice('39, State-gov, 2174, <=50K\n50, ?, 0, >50K\n'), ['39', 'State-gov', '2174', '<=50K']],
  [
    'auto-mpg',
    '18.0   8   307.0      3504.\t"chevrolet chevelle malibu"\n25.0   4   98.00      ?   \t"ford pinto"\n15.0   8   350.0      3693.\t"buick skylark 320"\n',
    ['18.0', '8', '307.0', '3504.', 'chevrolet chevelle malibu'],
  ],
  ['housing', ' 0.00632  18.00   0\n 0.02731   0.00   1\n', ['0.00632', '18.00', '0']],
  ['german', twice('A11 6 A34 1 \nA12 48 A32 2 \n'), ['A11', '6', 'A34', '1']],
  ['seeds', '15.26\t14.84\t\t1\n14.88\t14.57\t1\n13.84\t13.94\t\t2\n', ['15.26', '14.84', '1']],
  [
    'yeast',
    twice('ADT1_YEAST  0.58  0.61  MIT\nAAR2_YEAST  0.43  0.67  CYT\n'),
    ['ADT1_YEAST', '0.58', '0.61', 'MIT'],
  ],
  ['airfoil', '800\t0\t0.3048\t126.201\n1000\t0\t0.3048\t125.201\n', ['800', '0', '0.3048', '126.201']],
  [
    'SMS',
    'ham\tOk lar... Joking\nspam\t"FREE entry\nham\t"U dun say so" early hor\nham\tNah\n',
    ['ham', 'Ok lar... Joking'],
  ],
])('%s: no line names the columns', async (_, content, first) => {
  const found = await text(content);
  expect(found[0]).toEqual(namesByPlace(first.length));
  expect(found[1]).toEqual(first);
  expect(found).toHaveLength(content.trim().split('\n').length + 1);
});

test.each([
  ['blanks', '   id   size   kind\n    1    2.5   a\n   12   13.5   b\n', ['id', 'size', 'kind']],
  ['R', '"a" "b"\n"1" 2.5 "x y"\n"2" 3.5 "z"\n', ['', 'a', 'b']],
  ['NumPy', '# a b c\n1 2 3\n4 5 6\n', ['a', 'b', 'c']],
  [
    'spectra',
    `1100,1102,1104,1106,1108\n${twice('0.3,0.1,0.2,0.5,0.4\n')}`,
    ['1100', '1102', '1104', '1106', '1108'],
  ],
  ['pandas', `0,1,2\n${twice('0.3,0.1,7\n')}`, ['0', '1', '2']],
  ['years', 'country,1960,1961\nNL,3,4\nBE,5,6\n', ['country', '1960', '1961']],
  ['blanks behind commas', 'a, b, c\n1, 2, 3,\n4, 5, 6,\n', ['a', 'b', 'c', '']],
  ['answers', 'A,B,C,D\nB,A,C,D\nA,A,D,C\nC,B,B,A\n', ['A', 'B', 'C', 'D']],
  ['one name that is a value', `city,yes\n${twice('Ulm,yes\nBonn,no\n')}`, ['city', 'yes']],
  ['words alone', 'sex,ward\nf,a\nm,a\nf,b\nm,b\n', ['sex', 'ward']],
  ['Excel', 'sep=;\na;b\n1;2\n', ['a', 'b']],
  ['separators at the end of rows', 'a,b\n1,2,\n3,4,\n', ['a', 'b', '']],
  ['a separator behind the names', 'a,b,\n1,2\n3,4\n', ['a', 'b']],
  ['titanic', 'id,name,y\n1,"Smith, Mr. Owen ""Red""",0\n2,"Cumings, Mrs.",1\n', ['id', 'name', 'y']],
  ['one column', 'a\n1\n2\n', ['a']],
])('%s: the first line names the columns', async (_, content, names) => {
  expect((await text(content))[0]).toEqual(names);
});

test('a person says otherwise', async () => {
  expect(await text('1,2\n3,4\n', { header: 'names' })).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  expect((await text('a,b\nc,d\n', { header: 'row' }))[0]).toEqual(['column 1', 'column 2']);
});

test('a contract of columns by their place finds them again, whatever stands in the first line', async () => {
  const facts = await tableFacts([
    sourceOfText('a.data', twice('1,a\n2,b\n')),
    sourceOfText('b.data', 'c,d\n3,a\n'),
  ]);
  expect(facts).toMatchObject({ ok: true, value: { rows: 6, layout: { header: 'row', encoding: 'utf-8' } } });
});

// By hand: no encoder for these is at hand. а–п of code page 1251 are 0xE0 to 0xEF, р–я 0xF0 to 0xFF.
const cyrillic = (words: string, first: number): number[] =>
  [...words].map((letter) => (letter > '\x7f' ? letter.charCodeAt(0) - 0x430 + first : letter.charCodeAt(0)));
test('letters of other alphabets are told by what words look like, or asked for', async () => {
  const bytes = (...parts: readonly (readonly number[])[]) =>
    sourceOfBytes('a.csv', Uint8Array.from(parts.flat()));
  const ascii = (words: string): number[] => [...words].map((letter) => letter.charCodeAt(0));
  const city = 'возраст;город\n7;москва\n8;казань\n';
  expect(await read(bytes(cyrillic(city, 0xe0)))).toEqual([
    ['возраст', 'город'],
    ['7', 'москва'],
    ['8', 'казань'],
  ]);
  // 東京, 大阪 and さいたま in Shift-JIS.
  const [tokyo, osaka, saitama] = [
    [0x93, 0x8c, 0x8b, 0x9e],
    [0x91, 0xe5, 0x8d, 0xe3],
    [0x82, 0xb3, 0x82, 0xa2, 0x82, 0xbd, 0x82, 0xdc],
  ] as const;
  const japanese = bytes(ascii('a,b\n1,'), tokyo, ascii('\n2,'), osaka, ascii('\n3,'), saitama, ascii('\n'));
  expect((await read(japanese)).slice(1)).toEqual([
    ['1', '東京'],
    ['2', '大阪'],
    ['3', 'さいたま'],
  ]);
  // “it’s”, café and 12° of Windows-1252: a letter at a time.
  const western = bytes(
    ascii('a,b\n1,'),
    [0x93],
    ascii('it'),
    [0x92],
    ascii('s'),
    [0x94],
    ascii('\n2,caf'),
    [0xe9],
    ascii(' 12'),
    [0xb0, 10],
  );
  expect((await read(western)).slice(1)).toEqual([
    ['1', '“it’s”'],
    ['2', 'café 12°'],
  ]);
  // 北京 and 上海 in GBK: of which alphabet, no rule here says.
  const chinese = bytes(
    ascii('a,b\n1,'),
    [0xb1, 0xb1, 0xbe, 0xa9],
    ascii('\n2,'),
    [0xc9, 0xcf, 0xba, 0xa3, 10],
  );
  expect(await read(chinese)).toMatch(/could be of several alphabets\. Say which encoding/);
  expect((await read(chinese, { encoding: 'gb18030' }))[1]).toEqual(['1', '北京']);
  // UTF-16 without a mark, of letters whose bytes do not show it.
  const wide = sourceOfBytes('a.csv', new Uint8Array(Uint16Array.from(city, (c) => c.charCodeAt(0)).buffer));
  expect(await read(wide)).toMatch(/binary data/);
  expect((await read(wide, { encoding: 'utf-16le' }))[1]).toEqual(['7', 'москва']);
});

test('ARFF names its columns and the classes of each, in its order', async () => {
  const file = sourceOfText(
    'iris.arff',
    "% Iris\n@RELATION iris\n@ATTRIBUTE 'petal length'\tREAL\n@attribute grade {3, 1, 2}\n@attribute class {b,'it''s', a}\n@DATA\n1.4,3,b\n% gone\n?, 1 ,a, {2}\n1,2\n".replace(
      "'it''s'",
      "'it\\'s'",
    ),
  );
  const head = await readHead(file, 1e6);
  if (!head.ok) throw new Error(head.error.message);
  const { header, rows, declared } = head.value;
  expect(header).toEqual(['petal length', 'grade', 'class']);
  expect(rows).toEqual([
    ['1.4', '3', 'b'],
    ['', '1', 'a'],
  ]);
  expect(inferTableContract(header, rows, undefined, false, declared)).toMatchObject({
    ok: true,
    value: {
      contract: {
        columns: [{ type: 'category', name: 'grade', categories: ['3', '1', '2'] }],
        target: { classes: [{ label: 'b' }, { label: "it's" }, { label: 'a' }] },
      },
    },
  });
  expect(await tableFacts([file])).toMatchObject({ ok: true, value: { rows: 2, unreadable: 1 } });
  const open = sourceOfText('a.data', "@relation o\n@attribute a {b}\n@data\n'b\n");
  expect(await read(open)).toMatch(/quoted cell of this row is not closed/);
  const sparse = sourceOfText('s.arff', '@relation s\n@attribute a numeric\n@data\n{0 1}\n');
  expect(await read(sparse)).toMatch(/sparse ARFF .* SparseToNonSparse/);
});
