// The kinds of data that a federation can ask for. A new one is a folder beside these and its line here.
import type { DataContract } from '../core/data/contract.ts';
import type { Assembler } from './assembler.ts';
import { audioModality } from './audio/modality.ts';
import { imageModality } from './image/modality.ts';
import type { DecodeImage } from './image/picture.ts';
import type { ImportPreview, RefusalLog } from './import-report.ts';
import type { SourceFile } from './source-file.ts';
import { tableModality } from './table/modality.ts';

export interface ModalityOptions {
  readonly decodeImage: DecodeImage;
  readonly signal?: AbortSignal | undefined;
  /** What names no class is kept without a label; else it is refused. */
  readonly keepsUnlabelled?: boolean | undefined;
  /** The contract was made of these very files, and is no federation's. */
  readonly isOwn?: boolean | undefined;
  /** Share of the chosen bytes that is done with, 0–1. */
  readonly onFraction: (fraction: number) => void;
  /** Called when a file (a zip, a CSV, an IDX pair's pictures, each loose picture) is done with. */
  readonly onFile?: ((path: string) => void) | undefined;
  /** Called when a picture or a recording is taken or refused, one in an archive too; of IDX pairs never. */
  readonly onRecord?: ((path: string) => void) | undefined;
}

export interface Modality<Contract extends DataContract> {
  readonly kind: Contract['kind'];
  /** What a person reads: "Images". */
  readonly title: string;
  /** A resumed import reads its source from the start again and compares, rather than passing over what it has. */
  readonly replays: boolean;
  /** Reads all files into the assembler; refusals go to the log, and nothing that lies in a file makes it reject. */
  read(
    files: readonly SourceFile[],
    contract: Contract,
    into: Assembler,
    log: RefusalLog,
    options: ModalityOptions,
  ): Promise<ImportPreview>;
}

export const modalities = { table: tableModality, image: imageModality, audio: audioModality } as const;

/** Reads files under a contract, whatever its kind. */
export function readFiles(
  files: readonly SourceFile[],
  contract: DataContract,
  into: Assembler,
  log: RefusalLog,
  options: ModalityOptions,
): Promise<ImportPreview> {
  switch (contract.kind) {
    case 'table':
      return modalities.table.read(files, contract, into, log, options);
    case 'image':
      return modalities.image.read(files, contract, into, log, options);
    case 'audio':
      return modalities.audio.read(files, contract, into, log, options);
    default:
      return contract satisfies never;
  }
}
