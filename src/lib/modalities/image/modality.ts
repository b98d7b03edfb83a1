// Images: picture files in class folders, zips of class folders, and IDX pairs.
import type { ImageContract } from '../../core/data/contract.ts';
import type { Modality } from '../index.ts';
import { signatureOf, type SourceFile } from '../source-file.ts';
import { idxPairs, openIdx, readIdxPair, type IdxFile } from './idx.ts';
import { readPictureArchive, readPictureFiles, type ImagePreview } from './read-pictures.ts';

export const imageModality: Modality<ImageContract> = {
  kind: 'image',
  title: 'Images',
  // Decoding is the cost of an image: what is durable is passed over undecoded.
  replays: false,
  async read(files, contract, into, log, options) {
    const preview: ImagePreview = { images: [] };
    const archives: SourceFile[] = [];
    const idx: IdxFile[] = [];
    const pictures: SourceFile[] = [];
    for (const file of files) {
      options.signal?.throwIfAborted();
      if (file.size === 0) {
        log.refuse('empty-file', 'The file is empty.', { file: file.path });
        continue;
      }
      // Thousands of loose pictures need not be opened twice to see what they are.
      if (/\.(png|jpe?g|webp)$/i.test(file.path)) {
        pictures.push(file);
        continue;
      }
      const head = await file.read(0, 16);
      const signature = signatureOf(head);
      const opened = signature === 'gzip' || signature === 'idx' ? await openIdx(file) : undefined;
      if (opened === 'damaged')
        log.refuse('corrupt-archive', 'The file is cut off or damaged. Download it again.', {
          file: file.path,
        });
      else if (opened !== undefined) idx.push(opened);
      else if (signature === 'zip' || /\.zip$/i.test(file.path)) archives.push(file);
      else if (signature === 'png' || signature === 'jpeg' || signature === 'webp') pictures.push(file);
      else
        log.refuse(
          'unsupported',
          'This federation wants images: PNG, JPEG or WebP in class folders, a zip of them, or IDX .gz pairs.',
          {
            file: file.path,
          },
        );
    }
    const pairs = idxPairs(idx, log);

    const total = Math.max(
      1,
      files.reduce((bytes, file) => bytes + file.size, 0),
    );
    let done = 0;
    const { decodeImage, signal, keepsUnlabelled } = options;
    const base = { decodeImage, signal, keepsUnlabelled };
    const onBytes = (bytes: number): void => options.onFraction(Math.min(1, (done + bytes) / total));
    const finished = (file: SourceFile): void => {
      done += file.size;
      onBytes(0);
    };

    await readPictureFiles(pictures, contract, into, log, preview, {
      ...base,
      onBytes,
      onPicture(path) {
        options.onRecord?.(path);
        options.onFile?.(path);
      },
    });
    pictures.forEach(finished);
    for (const file of archives) {
      await readPictureArchive(file, contract, into, log, preview, {
        ...base,
        onBytes,
        onPicture: options.onRecord,
      });
      options.onFile?.(file.path);
      finished(file);
    }
    for (const pair of pairs) {
      const { file } = pair.images;
      await readIdxPair(pair, contract, into, log, preview, {
        signal: options.signal,
        onFraction: (fraction) => onBytes(fraction * file.size),
      });
      options.onFile?.(file.path);
      finished(file);
      finished(pair.labels.file);
    }
    return {
      kind: 'image',
      height: contract.height,
      width: contract.width,
      channels: contract.channels,
      images: preview.images,
    };
  },
};
