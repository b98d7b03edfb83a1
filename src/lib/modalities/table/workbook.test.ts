// Workbooks (.xlsx) made here by hand, as Excel writes them.
import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { lookAtFiles } from '../look-at-files.ts';
import { readRawTable } from '../raw-table.ts';
import { sourceOfBytes } from '../source-file.ts';
import type { TableReading } from './table-reading.ts';
import { xmlReader } from './xml-reader.ts';

const STYLES = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd;@"/><numFmt numFmtId="165" formatCode="[Red]0.0&quot;day&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs></styleSheet>`;
const TEXTS = `<sst><si><t>day</t></si><si><r><t>si</t></r><r><t xml:space="preserve">ze </t></r><rPh sb="0"><t>aloud</t></rPh></si><si><t>Tom &amp; _x0041_nn</t></si><si/></sst>`;

function workbook(sheets: Readonly<Record<string, string>>, properties = ''): Uint8Array {
  const names = Object.keys(sheets);
  const parts: Record<string, string> = {
    'xl/workbook.xml': `<?xml version="1.0"?><workbook>${properties}<sheets>${names.map((name, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="r${at}"${name === 'Hidden' ? ' state="hidden"' : ''}/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${names.map((_, at) => `<Relationship Id="r${at}" Type="http://a/worksheet" Target="worksheets/s${at}.xml"/>`).join('')}</Relationships>`,
    'xl/styles.xml': STYLES,
    'xl/sharedStrings.xml': TEXTS,
  };
  for (const [at, name] of names.entries())
    parts[`xl/worksheets/s${at}.xml`] =
      `<x:worksheet><x:sheetData>${sheets[name]}</x:sheetData></x:worksheet>`;
  return zipSync(Object.fromEntries(Object.entries(parts).map(([path, xml]) => [path, strToU8(xml)])));
}
const read = async (bytes: Uint8Array, reading?: TableReading, wanted = '') => {
  const table = await readRawTable([{ ...sourceOfBytes('a.xlsx', bytes), reading }], wanted);
  return table.ok ? table.value : table.error;
};
const inline = (...cells: readonly string[]): string =>
  `<row>${cells.map((cell) => `<c t="inlineStr"><is><t>${cell}</t></is></c>`).join('')}</row>`;

test('dates, numbers, truths, texts, errors and empty cells are what they are, below a title and beside the margin', async () => {
  const bytes = workbook({
    Hidden: inline('no'),
    Ward: `<x:row r="2"><x:c r="B2" t="inlineStr"><x:is><x:t>Ward 7</x:t></x:is></x:c></x:row>
      <row r="4"><c r="B4" t="s"><v>0</v></c><c r="C4" t="s"><v>1</v></c><c r="D4" t="str"><v>ok</v></c><c r="E4" t="s"><v>2</v></c><c r="F4" t="inlineStr"><is><t>at</t></is></c></row>
      <row r="5"><c r="B5" s="1"><v>59</v></c><c r="C5"><v>37.799999999999997</v></c><c r="D5" t="b"><v>1</v></c><c r="E5" t="e"><v>#N/A</v></c><c r="F5" s="4"><v>0.5</v></c></row>
      <row r="6"/>
      <row r="7"><c r="B7" s="2"><v>45292.75</v></c><c r="D7" t="b"><v>0</v></c><c r="E7" s="3"><v>1E-3</v></c><c r="F7"><f>A1</f></c></row>`,
  });
  const table = await read(bytes);
  expect(table).toMatchObject({
    header: ['day', 'size', 'ok', 'Tom & Ann', 'at'],
    rows: [
      // 59 is 28 February 1900; the 60th day that Excel counts never was.
      ['1900-02-28', '37.8', 'true', '', '0.5'],
      ['2024-01-01T18:00:00Z', '', 'false', '0.001', ''],
    ],
    numbers: [1, 3],
  });
  expect(typeof table === 'string' ? '' : table.notes?.join(' ')).toMatch(
    /“Ward 7”.* formulas .*: 1 cell\..* errors .*: 1 cell\..* noon as 0.5: 1 cell\./,
  );
  // 1462 days lie between the two beginnings.
  const of1904 = workbook(
    { A: `${inline('d', 'e')}<row><c s="1"><v>43830</v></c><c><v>1</v></c></row>` },
    '<workbookPr date1904="1"/>',
  );
  expect(await read(of1904)).toMatchObject({ rows: [['2024-01-01', '1']] });
});

test('a cell without a value is empty, and how a text is read aloud is none of it', async () => {
  const bytes = workbook({
    A: `${inline('a', 'b', 'c')}<row><c t="s"/><c t="b"/><c><v>1</v></c></row>
      <row><c t="s"><v/></c><c t="b"><v></v></c><c t="inlineStr"><is><t>x</t><rPh><t>aloud</t></rPh><r><t>y</t></r></is></c></row>`,
  });
  expect(await read(bytes)).toMatchObject({
    rows: [
      ['', '', '1'],
      ['', '', 'xy'],
    ],
  });
});

test('cells far behind the columns of the first rows are left unread, and said to be', async () => {
  const table = await read(
    workbook({
      A: `${inline('a', 'b')}${'<row><c><v>1</v></c><c><v>2</v></c></row>'.repeat(1000)}<row><c><v>3</v></c><c r="XFD1002"><v>9</v></c></row>`,
    }),
  );
  expect(table).toMatchObject({ header: ['a', 'b'] });
  expect(typeof table === 'string' ? '' : table.notes?.join(' ')).toMatch(
    /left unread beside the columns A to B: 1 cell, in XFD1002\./,
  );
});

test('a stray cell widens no table, and columns that no line names are of it where many rows fill them', async () => {
  const cell = (place: string, text: string): string =>
    `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const rows = (columns: string): string =>
    [2, 3, 4].map((row) => `<row r="${row}">${[...columns].map((at) => cell(at + row, 'x'))}</row>`).join('');
  const header = `<row r="1">${cell('B1', 'b')}${cell('C1', 'c')}`;
  const far = `<row r="5">${cell('B5', 'y')}${cell('XFD5', 'stray')}</row>`;
  const table = await read(workbook({ A: `${header}${cell('XFC1', 'note')}</row>${rows('BC')}${far}` }));
  expect(table).toMatchObject({
    header: ['b', 'c'],
    rows: [
      ['x', 'x'],
      ['x', 'x'],
      ['x', 'x'],
      ['y', ''],
    ],
    notes: ['a.xlsx: left unread beside the columns B to C: 2 cells, in XFC1, XFD5.'],
  });
  // A title of two cells, above names of more.
  const title = `<row r="1">${cell('A1', 'made')}${cell('F1', '2024')}</row>`;
  expect(
    await read(
      workbook({ A: title + inline('a', 'b', 'c', 'd', 'e') + inline('1', '2', '3', '4', '5').repeat(3) }),
    ),
  ).toMatchObject({ header: ['a', 'b', 'c', 'd', 'e'], notes: [expect.stringMatching(/“made 2024”/)] });
  // Names of rows before, values behind.
  expect(await read(workbook({ A: `${header}</row>${rows('ABCD')}` }))).toMatchObject({
    header: ['', 'b', 'c', ''],
    notes: [],
  });
});

test('a part that is no whole XML is named, and rows before it are read', async () => {
  const row = inline('1', '2');
  const cut = await read(workbook({ A: `${inline('a', 'b')}${row.repeat(1500)}<row><c` }));
  expect(cut).toMatchObject({ header: ['a', 'b'], unreadable: 1 });
  expect(typeof cut === 'string' ? '' : `${cut.rows.length} ${cut.firstProblem}`).toMatch(
    /^1500 The workbook is damaged: its part “xl\/worksheets\/s0\.xml” is no whole XML behind row 1,501\. Open it/,
  );
  const damaged = /its part “xl\/worksheets\/s0\.xml” is no whole XML\. Open it/;
  expect(await read(workbook({ A: '<row><c' }))).toMatch(damaged);
  expect(await read(workbook({ A: row }, '<broken'))).toMatch(/its part “xl\/workbook\.xml” is no whole XML/);
});

test('a sheet is the one that is named, else the first that has the column that is looked for', async () => {
  const bytes = workbook({
    About: inline('made by', 'Ann') + inline('on', 'Monday'),
    Data: inline('age', 'ill') + inline('7', 'yes') + inline('8', 'no'),
  });
  expect(await read(bytes)).toMatchObject({ header: ['made by', 'Ann'] });
  expect(await read(bytes, undefined, 'ill')).toMatchObject({ header: ['age', 'ill'] });
  expect(await read(bytes, { sheet: 'Data', header: 'row' })).toMatchObject({
    header: ['column 1', 'column 2'],
  });
  expect(await read(bytes, { sheet: 'Nowhere' })).toMatch(
    /no sheet “Nowhere”\. The workbook has “About”, “Data”/,
  );
  expect(
    await lookAtFiles([{ ...sourceOfBytes('a.xlsx', bytes), reading: { sheet: 'Data' } }]),
  ).toMatchObject({
    ok: true,
    value: {
      type: 'table',
      facts: { rows: 2, layout: { header: 'names', sheets: ['About', 'Data'], sheet: 'Data' } },
    },
  });
});

test('a workbook that would unpack to more than is held, or is damaged, is refused', async () => {
  const bytes = workbook({ A: inline('a', 'b') + inline('1', '2') });
  // Said to unpack to 300 MiB: the length stands in each entry of the directory.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let entry = view.getUint32(bytes.length - 6, true);
  for (let at = 0; at < 4; at += 1)
    entry += 46 + view.getUint16(entry + 28, true) + view.getUint16(entry + 30, true);
  const bomb = bytes.slice();
  new DataView(bomb.buffer).setUint32(entry + 24, 300 * 2 ** 20, true);
  expect(await read(bomb)).toMatch(/would unpack to 300 MiB; at most 256 MiB are read/);
  expect(await read(bytes.subarray(0, bytes.length - 30))).toMatch(/cut off or damaged/);
});

/** Of an opening tag its name and its attribute x. */
function stepsOf(text: string): readonly string[] {
  const xml = xmlReader(strToU8(text));
  const steps: string[] = [];
  for (;;) {
    const step = xml.next();
    steps.push(
      step === 'text'
        ? xml.text()
        : step === 'open'
          ? `<${xml.name()} ${xml.attribute('x') ?? ''}>`
          : step === 'close'
            ? `</${xml.name()}>`
            : step,
    );
    if (step === 'end' || step === 'damaged') return steps;
  }
}

test('XML comes in pieces, and what is cut between them is whole', () => {
  const long = 'ä'.repeat(600_000);
  expect(
    stepsOf(
      `<?xml version="1.0"?>\n<p:a y="x='2'" p:x = '1>2&amp;'><!-- <b> -->${long}&lt;&#65;<![CDATA[<c>]]><b/></p:a >\n`,
    ),
  ).toEqual(['<a 1>2&>', `${long}<A`, '<c>', '<b >', '</b>', '</a>', 'end']);
});

test('what is no XML, or not all of it, is said to be damaged where it is reached', () => {
  for (const [text, ...steps] of [
    ['<a><b></a>', '<a >', '<b >'],
    ['<a>1', '<a >', '1'],
    ['<a>1 < 2</a>', '<a >', '1 '],
    ['<a><b x="1" <c/></a>', '<a >'],
    ['<a><b x="1></b></a>', '<a >'],
    ['</a>'],
    ['a letter'],
    [''],
    [`<a${' x'.repeat(1_000_000)}`],
  ] as const)
    expect(stepsOf(text)).toEqual([...steps, 'damaged']);
});
