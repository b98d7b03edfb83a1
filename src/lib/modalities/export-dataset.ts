// A state of a table as others' tools take it: the rows as CSV, a pointer to that file as DVC writes one, and its description as Croissant
// (JSON-LD by MLCommons). All three are of the very same bytes.
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { DataContract, TableContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { digestOf } from '../core/digest.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { storedTable } from './stored-table.ts';
import { tableText } from './table-text.ts';

export interface ExportedFile {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** What the files are of, and what they say of it. */
export interface ExportedDataset {
  readonly name: string;
  readonly contract: DataContract;
  /** Where it was read from. */
  readonly source: string;
}
export interface ExportedState {
  readonly number: number;
  readonly message: string;
  /** Unix ms. */
  readonly at: number;
  readonly version: DatasetVersion;
  readonly count: number;
}

/** Data, pointer, description. Refused with a sentence where it is no table, or too large for one text. */
export function exportDataset(
  { name, contract, source }: ExportedDataset,
  commit: ExportedState,
  examples: Examples,
): Result<readonly ExportedFile[], string> {
  if (contract.kind !== 'table')
    return fail('Only the rows of a table can be taken along as a file, and these are none.');
  const table = storedTable(contract, examples);
  if (!table.ok) return table;
  const text = tableText(table.value);
  const file = `${fileStem(name)}.csv`;
  const bytes = utf8ToBytes(text);
  const about = { name, source, file, bytes, commit };
  return ok([
    { name: file, type: 'text/csv', text },
    { name: `${file}.dvc`, type: 'text/yaml', text: dvcPointer(about) },
    {
      name: `${fileStem(name)}.croissant.json`,
      type: 'application/ld+json',
      text: croissant(about, contract),
    },
  ]);
}

interface About {
  readonly name: string;
  readonly source: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly commit: ExportedState;
}

const fileStem = (name: string): string =>
  name.replace(/\.[a-z0-9]{1,8}$/i, '').replaceAll(/[^\p{L}\p{N}_-]+/gu, '-') || 'dataset';

/**
 * As DVC 3 writes a .dvc file (dvc.org/doc/user-guide/project-structure/dvc-files): the MD5 is that of the file's bytes, which
 * `md5sum` gives. A text of YAML in double quotes is one of JSON.
 */
function dvcPointer({ name, file, bytes, commit }: About): string {
  return [
    'outs:',
    `- md5: ${bytesToHex(md5(bytes))}`,
    `  size: ${bytes.length}`,
    '  hash: md5',
    `  path: ${JSON.stringify(file)}`,
    `  desc: ${JSON.stringify(`${name}: ${commit.message}`)}`,
    '  meta:',
    `    version: ${commit.version}`,
    `    rows: ${commit.count}`,
    '',
  ].join('\n');
}

/** The context that the specification prescribes (docs.mlcommons.org/croissant/docs/croissant-spec.html, "Appendix 1"). */
const terms = [
  ...['citeAs', 'column', 'extract', 'field', 'fileProperty', 'fileObject', 'fileSet', 'format', 'includes'],
  ...['isLiveDataset', 'jsonPath', 'key', 'md5', 'parentField', 'path', 'recordSet', 'references', 'regex'],
  ...['repeated', 'replace', 'separator', 'source', 'subField', 'transform'],
];
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  ...Object.fromEntries(terms.map((term) => [term, `cr:${term}`])),
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  rai: 'http://mlcommons.org/croissant/RAI/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  sc: 'https://schema.org/',
};

function croissant({ name, source, file, bytes, commit }: About, { columns, target }: TableContract): string {
  const fields = [
    ...columns.map((column) => ({
      column: column.name,
      dataType: column.type !== 'number' ? 'sc:Text' : column.reads === 'time' ? 'sc:DateTime' : 'sc:Float',
      description: 'A feature.',
    })),
    {
      column: target.name,
      dataType: target.type === 'number' ? 'sc:Float' : 'sc:Text',
      description: 'What is to be predicted.',
    },
  ];
  const dataset = {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    name,
    description: `${commit.count} rows, read from ${source}. State: ${commit.message}. Version ${commit.version}.`,
    datePublished: new Date(commit.at).toISOString().slice(0, 10),
    version: `${commit.number}.0.0`,
    distribution: [
      {
        '@type': 'cr:FileObject',
        '@id': file,
        name: file,
        contentUrl: file,
        contentSize: `${bytes.length} B`,
        encodingFormat: 'text/csv',
        sha256: digestOf(bytes),
      },
    ],
    recordSet: [
      {
        '@type': 'cr:RecordSet',
        '@id': 'rows',
        name: 'rows',
        field: fields.map(({ column, dataType, description }) => ({
          '@type': 'cr:Field',
          '@id': `rows/${column}`,
          name: column,
          description,
          dataType,
          source: { fileObject: { '@id': file }, extract: { column } },
        })),
      },
    ],
  };
  return `${JSON.stringify(dataset, null, 2)}\n`;
}
