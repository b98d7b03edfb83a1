// A state of a dataset as others' tools take it: one file with all of it, a pointer to that file as DVC writes one, and its description
// as Croissant (JSON-LD by MLCommons). All three are of the very same bytes.
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { DataContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { ok, type Result } from '../core/result.ts';
import { croissantText, type DescribedField } from './croissant.ts';
import { mediaZip, type SoundOf } from './media-zip.ts';
import { storedTable } from './stored-table.ts';
import { tableText } from './table-text.ts';

export interface ExportedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
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

/**
 * Data, pointer, description: a table as CSV, pictures as a zip of PNGs and recordings as one of WAVs, in a folder a class. Refused with a
 * sentence where that cannot be. `soundOf` gives what a recording was made of.
 */
export async function exportDataset(
  { name, contract, source }: ExportedDataset,
  commit: ExportedState,
  examples: Examples,
  soundOf: SoundOf,
): Promise<Result<readonly ExportedFile[], string>> {
  const stem = fileStem(name);
  const data = await dataFile(stem, contract, examples, soundOf);
  if (!data.ok) return data;
  const { file, fields } = data.value;
  const description = `${commit.count} ${contract.kind === 'table' ? 'rows' : contract.kind === 'image' ? 'pictures' : 'recordings'}, read from ${source}. State: ${commit.message}. Version ${commit.version}.`;
  return ok([
    file,
    { name: `${file.name}.dvc`, type: 'text/yaml', bytes: utf8ToBytes(dvcPointer(name, file, commit)) },
    {
      name: `${stem}.croissant.json`,
      type: 'application/ld+json',
      bytes: utf8ToBytes(croissantText({ name, description, ...commit }, file, fields)),
    },
  ]);
}

interface DataFile {
  readonly file: ExportedFile;
  readonly fields: readonly DescribedField[];
}

async function dataFile(
  stem: string,
  contract: DataContract,
  examples: Examples,
  soundOf: SoundOf,
): Promise<Result<DataFile, string>> {
  if (contract.kind !== 'table') {
    const zip = await mediaZip(contract, examples, soundOf);
    if (!zip.ok) return zip;
    const type = contract.kind === 'image' ? 'image/png' : 'audio/wav';
    const file = { name: `${stem}.zip`, type: 'application/zip', bytes: zip.value };
    return ok({ file, fields: [{ media: type }, { folderOf: type }] });
  }
  const table = storedTable(contract, examples);
  if (!table.ok) return table;
  const bytes = utf8ToBytes(tableText(table.value));
  const { columns, target } = contract;
  return ok({
    file: { name: `${stem}.csv`, type: 'text/csv', bytes },
    fields: [
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
    ],
  });
}

const fileStem = (name: string): string =>
  name.replace(/\.[a-z0-9]{1,8}$/i, '').replaceAll(/[^\p{L}\p{N}_-]+/gu, '-') || 'dataset';

/**
 * As DVC 3 writes a .dvc file (dvc.org/doc/user-guide/project-structure/dvc-files): the MD5 is that of the file's bytes, which
 * `md5sum` gives. A text of YAML in double quotes is one of JSON.
 */
function dvcPointer(name: string, file: ExportedFile, commit: ExportedState): string {
  return [
    'outs:',
    `- md5: ${bytesToHex(md5(file.bytes))}`,
    `  size: ${file.bytes.length}`,
    '  hash: md5',
    `  path: ${JSON.stringify(file.name)}`,
    `  desc: ${JSON.stringify(`${name}: ${commit.message}`)}`,
    '  meta:',
    `    version: ${commit.version}`,
    `    rows: ${commit.count}`,
    '',
  ].join('\n');
}
