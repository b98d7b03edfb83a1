// The description of a dataset as Croissant 1.0 (docs.mlcommons.org/croissant/docs/croissant-spec.html): what the file is, and where in it
// which value stands.
import { digestOf } from '../core/digest.ts';
import type { ExportedFile, ExportedState } from './export-dataset.ts';

/** A column of a table, the files of a zip, or the folders that they lie in, which name their classes. */
export type DescribedField =
  | { readonly column: string; readonly dataType: string; readonly description: string }
  | { readonly media: MediaType }
  | { readonly folderOf: MediaType };
type MediaType = 'image/png' | 'audio/wav';

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

interface Described extends Pick<ExportedState, 'number' | 'at'> {
  readonly name: string;
  readonly description: string;
}

export function croissantText(
  { name, description, number, at }: Described,
  file: ExportedFile,
  fields: readonly DescribedField[],
): string {
  const sets = fields.flatMap((field) => ('media' in field ? [fileSet(field.media, file.name)] : []));
  const dataset = {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    name,
    description,
    datePublished: new Date(at).toISOString().slice(0, 10),
    version: `${number}.0.0`,
    distribution: [
      {
        '@type': 'cr:FileObject',
        '@id': file.name,
        name: file.name,
        contentUrl: file.name,
        contentSize: `${file.bytes.length} B`,
        encodingFormat: file.type,
        sha256: digestOf(file.bytes),
      },
      ...sets,
    ],
    recordSet: [
      {
        '@type': 'cr:RecordSet',
        '@id': 'rows',
        name: 'rows',
        field: fields.map((field) => ({ '@type': 'cr:Field', ...described(field, file.name) })),
      },
    ],
  };
  return `${JSON.stringify(dataset, null, 2)}\n`;
}

const FILES = 'files';
const endings: Readonly<Record<MediaType, string>> = { 'image/png': 'png', 'audio/wav': 'wav' };

const fileSet = (type: MediaType, zip: string) => ({
  '@type': 'cr:FileSet',
  '@id': FILES,
  name: FILES,
  containedIn: { '@id': zip },
  encodingFormat: type,
  includes: `*/*.${endings[type]}`,
});

function described(field: DescribedField, file: string) {
  if ('column' in field) {
    const { column, dataType, description } = field;
    const source = { fileObject: { '@id': file }, extract: { column } };
    return { '@id': `rows/${column}`, name: column, description, dataType, source };
  }
  const fileSet = { '@id': FILES };
  if ('media' in field) {
    const [name, dataType] =
      field.media === 'image/png' ? ['picture', 'sc:ImageObject'] : ['recording', 'sc:AudioObject'];
    const source = { fileSet, extract: { fileProperty: 'content' } };
    return { '@id': `rows/${name}`, name, description: 'A feature.', dataType, source };
  }
  const source = {
    fileSet,
    extract: { fileProperty: 'fullpath' },
    transform: { regex: '([^/]+)/[^/]+$' },
  };
  return {
    '@id': 'rows/class',
    name: 'class',
    description: 'What is to be predicted.',
    dataType: 'sc:Text',
    source,
  };
}
