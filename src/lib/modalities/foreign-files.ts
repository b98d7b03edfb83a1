// What files are of which nothing can be made here, for the sentence that refuses them.
import { listOf, quoted } from './import-report.ts';
import { fileName, isHidden, type SourceFile } from './source-file.ts';
import { notTextBecause } from './table/text-bytes.ts';
import { zipDirectory } from './zip-directory.ts';

/** undefined where the first of them may well be what is looked for. */
export async function foreignBecause(files: readonly SourceFile[]): Promise<string | undefined> {
  const [first] = files;
  if (first === undefined) return undefined;
  const name = quoted(fileName(first.path));
  const directory = await zipDirectory(first);
  if (!directory.ok) {
    const reason = notTextBecause(await first.read(0, 8192));
    return reason === undefined ? undefined : `${name} cannot be read. ${reason}`;
  }
  const paths = directory.value.map(({ path }) => path).filter((path) => !isHidden(path));
  if (paths.length === 0) return `${name} is an archive without a file in it. Pack it again.`;
  if (paths.some((path) => path.startsWith('xl/')))
    return `${name} is an Excel workbook of a form that is not read here. In Excel, use “Save as” and choose .xlsx or CSV.`;
  if (paths.includes('word/document.xml'))
    return `${name} is a Word document. Copy its table into a spreadsheet, and save that as CSV.`;
  if (paths.includes('content.xml'))
    return `${name} is a LibreOffice document. Use “Save as” and choose .xlsx or CSV.`;
  return `${name} holds no table (CSV, .xlsx, JSON, ARFF, Parquet, Arrow), picture (PNG, JPEG, WebP) or recording (WAV, MP3, FLAC, Ogg), and no two folders of texts (.txt), but ${listOf(paths.map(quoted), 5)}.`;
}
