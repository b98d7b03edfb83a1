// Pictures and recordings for a model to say something of: read as an import reads them, but none is kept, none is left out for being
// there twice, and each is known by its name.
import { exampleShape, type PlaneContract } from '../../core/data/contract.ts';
import type { Assembler } from '../../modalities/assembler.ts';
import type { DecodeImage } from '../../modalities/image/picture.ts';
import { refusalLog } from '../../modalities/import-report.ts';
import { readFiles } from '../../modalities/index.ts';
import { isHidden, type SourceFile } from '../../modalities/source-file.ts';

/** Examples that are asked of at a time, and their bytes at most: of ten thousand pictures no more are in memory. */
const AT_ONCE = 512;
const MOST_BYTES = 16 * 1024 * 1024;

export interface NamedPlane {
  readonly file: string;
  /** Of a file of many without names (IDX), from 1; null: the file is the example. */
  readonly row: number | null;
}

export interface ServedPlanes {
  /** In the order in which `ask` was given them. */
  readonly places: readonly NamedPlane[];
  /** All counted; sentences that name the file, of the first thousand. */
  readonly refused: number;
  readonly reasons: readonly string[];
}

type Ask = (features: Uint8Array<ArrayBuffer>, count: number) => Promise<void>;

/** `ask` is given [count, H, W, C] bytes and owns them. Rejects with the signal's reason, and with what `ask` rejects with. */
export async function servedPlanes(
  contract: PlaneContract,
  files: readonly SourceFile[],
  decodeImage: DecodeImage,
  ask: Ask,
  signal: AbortSignal,
): Promise<ServedPlanes> {
  const visible = files
    .filter(({ path }) => !isHidden(path))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const log = refusalLog();
  const places: NamedPlane[] = [];
  const into = intake(contract, ask);
  await readFiles(visible, contract, into, log, {
    decodeImage,
    signal,
    keepsUnlabelled: true,
    onFraction: () => undefined,
    onRecord(file) {
      if (places.length < into.accepted) places.push({ file, row: null });
    },
    onFile(file) {
      for (let row = 1; places.length < into.accepted; row += 1) places.push({ file, row });
    },
  });
  await into.finish();
  const { refused, refusals } = log.report(into.accepted, 0, 0);
  return { places, refused, reasons: refusals.map(({ file, message }) => `${file}: ${message}`) };
}

function intake(contract: PlaneContract, ask: Ask): Assembler {
  const size = exampleShape(contract).reduce((product, side) => product * side, 1);
  const most = Math.max(1, Math.min(AT_ONCE, Math.floor(MOST_BYTES / size)));
  const fresh = (): Uint8Array<ArrayBuffer> => new Uint8Array(most * size);
  let features = fresh();
  let [count, accepted] = [0, 0];
  let full: Uint8Array<ArrayBuffer>[] = [];
  const flush = async (): Promise<void> => {
    const ready = full;
    full = [];
    for (const batch of ready) await ask(batch, batch.length / size);
  };
  return {
    position: 0,
    passesOver: () => false,
    get accepted() {
      return accepted;
    },
    duplicates: 0,
    slot: () => ({ features, at: count * size }),
    commit() {
      accepted += 1;
      count += 1;
      if (count === most) {
        full.push(features);
        features = fresh();
        count = 0;
      }
      return 'accepted';
    },
    flush,
    finish() {
      if (count > 0) full.push(features.slice(0, count * size));
      count = 0;
      return flush();
    },
  };
}
