import { describe, expect, test } from 'vitest';
import { readExample } from './console-example-table.ts';
import { columnSentence, columnToTarget, tableDraft } from './console-table-draft.ts';
import { emptyColumn, emptyDraft } from './console-draft.ts';
import { readTopology } from './console-topology.ts';

const csv = (text: string, name = 'patients.csv'): File => new File([text], name, { type: 'text/csv' });
const rows = Array.from(
  { length: 40 },
  (_, row) => `${40 + (row % 30)};${['typical', 'atypical'][row % 2]};${row % 3 === 0 ? 'ill' : 'healthy'}`,
);

describe('an example file of a table', () => {
  test('drafts columns and target, and another target can be chosen', async () => {
    const read = await readExample(csv(`age;pain;diagnosis\r\n${rows.join('\r\n')}\r\n`));
    if (!read.ok) throw new Error(read.error);
    expect(read.value.rows).toBe(40);
    expect(read.value.contract.target.name).toBe('diagnosis');
    expect(tableDraft(read.value.contract).columns.map((column) => [column.name, column.type])).toEqual([
      ['age', 'number'],
      ['pain', 'category'],
    ]);
    const other = read.value.withTarget('pain');
    expect(other.ok && other.value.contract.target.name).toBe('pain');
  });
  test('is refused by name when it is empty, binary, or a header alone', async () => {
    const refusal = async (file: File): Promise<string> => {
      const read = await readExample(file);
      return read.ok ? 'read' : read.error;
    };
    expect(await refusal(csv(''))).toBe(
      '“patients.csv” is empty. Choose a file with a header line and rows.',
    );
    expect(await refusal(new File([new Uint8Array([0x50, 0x4b, 3, 4, 0, 0])], 'book.csv'))).toMatch(
      /^“book.csv”: The archive is cut off or damaged/,
    );
    expect(await refusal(csv('age,pain\n'))).toMatch(/no rows/);
  });
});

describe('the columns of a table', () => {
  test('are told in a sentence', () => {
    expect(
      columnSentence({
        ...emptyColumn(1),
        minimum: 29,
        maximum: 77,
        mean: 54.4,
        standardDeviation: 9.04,
        missingAllowed: true,
      }),
    ).toBe('number, 29 to 77, scaled by mean 54.4 and deviation 9.04, may be missing');
    expect(
      columnSentence({ ...emptyColumn(1), type: 'category', categories: ['a', 'b', '', 'c', 'd', 'e', 'f'] }),
    ).toBe('category: a, b, c, d, e and 1 more');
  });
  test('change places with the target', () => {
    const table = {
      rules: [],
      columns: [
        { ...emptyColumn(1), name: 'age' },
        { ...emptyColumn(2), name: 'pain', type: 'category' as const, categories: ['yes', 'no'] },
      ],
      target: {
        ...emptyDraft().table.target,
        name: 'ill',
        classes: [
          { key: 1, label: 'healthy', values: ['0'] },
          { key: 2, label: 'ill', values: ['1', '2'] },
        ],
      },
    };
    const changed = columnToTarget(table, 1);
    expect(changed.target).toMatchObject({
      type: 'classes',
      name: 'pain',
      classes: [{ label: 'yes' }, { label: 'no' }],
    });
    expect(changed.columns.map((column) => [column.name, column.type, column.categories])).toEqual([
      ['age', 'number', []],
      ['ill', 'category', ['0', '1', '2']],
    ]);
  });
});

describe('a topology of one’s own', () => {
  const model = {
    class_name: 'Sequential',
    config: {
      layers: [
        {
          class_name: 'Dense',
          config: { name: 'a', units: 8, activation: 'relu', use_bias: true, batch_input_shape: [null, 4] },
        },
        { class_name: 'Dense', config: { name: 'b', units: 3, activation: 'softmax', use_bias: true } },
      ],
    },
  };
  test('becomes a network with proven shapes', async () => {
    const read = await readTopology(
      new File([JSON.stringify({ modelTopology: { model_config: model } })], 'model.json'),
    );
    if (!read.ok) throw new Error(read.error);
    expect(read.value.network.inputShape).toEqual([4]);
    expect(read.value.notes).toEqual(['2 layers; input 4, 3 outputs, categorical crossentropy.']);
  });
  test('is refused by the name of its file', async () => {
    const read = await readTopology(new File(['{"not": "a model"'], 'model.json'));
    expect(!read.ok && read.error).toMatch(/^“model.json”: /);
  });
});
