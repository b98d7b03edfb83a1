// One input as training would see it, for "use the model": a row filled in, a drawing, a photo, a file.
import type { DataContract } from '../core/data/contract.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { recordingReader } from './audio/recording.ts';
import { drawnExample, pictureExample, type DecodeImage, type Picture } from './image/picture.ts';
import { decodedExample } from './image/read-pictures.ts';
import type { RefusalKind } from './import-report.ts';
import type { SourceFile } from './source-file.ts';
import { encodeRow } from './table/row-encoder.ts';

export type EncodeInput =
  | { readonly type: 'row'; readonly cells: Readonly<Record<string, string>> }
  | ({ readonly type: 'picture'; readonly origin: 'drawn' | 'camera' | 'file' } & Picture)
  | { readonly type: 'file'; readonly file: SourceFile };

export interface EncodeProblem {
  readonly kind: RefusalKind;
  readonly message: string;
}

/** 64 MiB: a picture or a recording, never a data set. */
const MAXIMUM_FILE_BYTES = 64 * 1024 * 1024;

/** [F] for a row, [H, W, C] for a picture, [frames, mels, 1] for a recording. Never throws for what is in the input. */
export async function encodeInput(
  contract: DataContract,
  input: EncodeInput,
  decodeImage: DecodeImage,
): Promise<Result<Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>, EncodeProblem>> {
  switch (input.type) {
    case 'row':
      if (contract.kind !== 'table')
        return fail({ kind: 'unsupported', message: 'This model takes no rows.' });
      return encodeRow(contract, input.cells);
    case 'picture':
      if (contract.kind !== 'image')
        return fail({ kind: 'unsupported', message: 'This model takes no pictures.' });
      return ok(
        input.origin === 'file'
          ? pictureExample(input, contract)
          : drawnExample(input, input.origin, contract),
      );
    case 'file': {
      if (contract.kind === 'audio') {
        if (input.file.size > MAXIMUM_FILE_BYTES)
          return fail({
            kind: 'wrong-size',
            message: 'This file is larger than 64 MiB. Choose one recording.',
          });
        const heard = await recordingReader(contract)(await input.file.read(0, input.file.size));
        return heard.ok ? ok(heard.value.pixels) : heard;
      }
      if (contract.kind !== 'image')
        return fail({
          kind: 'unsupported',
          message: 'This model takes rows: fill one in, or import the file as data.',
        });
      if (input.file.size > MAXIMUM_FILE_BYTES)
        return fail({ kind: 'wrong-size', message: 'This file is larger than 64 MiB. Choose one picture.' });
      const found = await decodedExample(await input.file.read(0, input.file.size), contract, decodeImage);
      return 'pixels' in found ? ok(found.pixels) : fail(found);
    }
    default:
      return input satisfies never;
  }
}
