// Texts in files of their own as the rows of a table: `text`, and `label` by the folder.
import { listOf, quoted } from '../import-report.ts';
import { cellRecords } from './cell-records.ts';
import { MAXIMUM_RECORD_BYTES } from './csv-scanner.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import type { TextEncoding } from './table-reading.ts';
import { encodingNote, headText, notTextBecause, pageOf } from './text-bytes.ts';
import type { TextFolders } from './text-folders.ts';

export async function readTexts(
  { texts, others }: TextFolders,
  size: number,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  if (!sink.header(['text', 'label'], 1)) return;
  const isPacked = (path: string): boolean => /\.(zip|gz|tgz|tar|bz2|xz|7z|rar)$/i.test(path);
  const unread = others.filter((path) => !isPacked(path));
  if (unread.length > 0)
    sink.note(
      `Left unread, because they are no .txt file in a folder of a class: ${listOf(unread.map(quoted), 10)}.`,
    );
  const record = cellRecords();
  const foreign: { readonly path: string; readonly encoding: TextEncoding }[] = [];
  let [row, done, since] = [0, 0, 0];
  for (const text of texts) {
    options.signal?.throwIfAborted();
    row += 1;
    done += text.bytes;
    since += text.bytes;
    const refuse = (kind: Parameters<RecordSink['refuse']>[0], message: string): void =>
      sink.refuse(kind, `${quoted(text.path)}: ${message}`, row);
    const read = await text.read(MAXIMUM_RECORD_BYTES + 1);
    if (!read.ok) refuse(read.error.kind, read.error.message);
    else {
      const bytes = read.value;
      const reason = notTextBecause(bytes.subarray(0, 8192));
      if (bytes.length > MAXIMUM_RECORD_BYTES)
        refuse('wrong-size', `A text has at most ${MAXIMUM_RECORD_BYTES / 2 ** 20} MiB. Divide it.`);
      else if (reason !== undefined) refuse('not-text', `This is no text. ${reason}`);
      else {
        const encoding = await pageOf(bytes);
        if (!encoding.startsWith('utf-')) foreign.push({ path: text.path, encoding });
        const cell = new TextDecoder().decode(headText(bytes, encoding)).trim();
        if (cell === '') refuse('missing-value', 'The file is empty. Leave it out.');
        else sink.record(record([cell, text.label], row));
      }
    }
    if (since < (options.chunkBytes ?? 2 ** 20)) continue;
    since = 0;
    if (!(await sink.piece(Math.max(0, Math.min(done, size - 1))))) return;
  }
  for (const path of others.filter(isPacked))
    sink.refuse(
      'unsupported',
      `${quoted(path)}: An archive between the texts is not opened. Unpack it first, and bring its folder.`,
      row + 1,
    );
  const [first] = foreign;
  if (first !== undefined)
    sink.note(
      `${foreign.length.toLocaleString('en')} of ${texts.length.toLocaleString('en')} files are ${encodingNote(first.encoding)?.replace(/\.$/, '') ?? ''}, ${quoted(first.path)} first.`,
    );
  await sink.piece(size);
}
