// A run that is had again: to the last bit where its engines sum in a fixed order, and within a tolerance where one of them is a
// graphics card's, or another engine than the first.
import type { BackendName } from '../../ports/trainer.ts';
import type { Report } from './judge.ts';
import type { RunManifest } from './run-manifest.ts';

/**
 * How far figures on the rows held out may lie apart on two engines: of all of them, a share that is judged otherwise; and of the loss or
 * error, a part of what it was. Engines agree in each step to 1e-5 (test/contract/trainer.ts); some hundred steps of
 * rounding make other weights of the same worth. Measured, of networks of the catalogue after 40 to 300 steps on WebAssembly, WebGPU
 * and WebGL: the loss 0.18 % apart at most, no row judged otherwise.
 */
export const AGAIN_TOLERANCE = { share: 0.02, part: 0.02 } as const;

/** In words, with a full stop. */
export const toleranceSentence = `Engines round differently: on another engine, and on a graphics card, a run is the same where its accuracy on the rows held out differs by at most ${AGAIN_TOLERANCE.share * 100} points, and its loss or error by at most ${AGAIN_TOLERANCE.part * 100}\u00a0%.`;

/** Those that compute on the processor, in an order that is the same on every machine. */
const fixedOrder: readonly BackendName[] = ['simd', 'jax-wasm', 'wasm', 'cpu', 'reference'];
export const isBitExact = (backend: BackendName): boolean => fixedOrder.includes(backend);

export type AgainFigures = NonNullable<NonNullable<RunManifest['finished']>['figures']>;

/** What a manifest keeps of a report, to be compared with. */
export const againFigures = (report: Report): AgainFigures =>
  report.type === 'classes'
    ? { count: report.count, accuracy: report.accuracy, loss: report.logLoss }
    : { count: report.count, loss: report.rmse };

export interface Sameness {
  /** Every bit of the model is as before. */
  readonly isSame: boolean;
  /** Or it is as good as the same: where the engines do not promise more. */
  readonly isWithin: boolean;
}

/** Of the run that is had again, and what is known of its engines. */
export interface FirstRun {
  readonly digest: string;
  /** undefined: by a program that did not keep them. */
  readonly figures: AgainFigures | undefined;
  readonly backend: BackendName;
  /** It ended on another engine than it began on. */
  readonly hasMoved: boolean;
}

export const firstRunOf = ({ setup, finished, engine }: RunManifest): FirstRun | undefined =>
  finished === null
    ? undefined
    : {
        digest: finished.digest,
        figures: finished.figures,
        backend: setup.backend,
        hasMoved: (engine?.notices.length ?? 0) > 0,
      };

/** `hasMoved`, `backend`: of the run that has it again. */
export function samenessOf(
  first: FirstRun,
  again: Pick<FirstRun, 'digest' | 'backend' | 'hasMoved'> & { readonly figures: AgainFigures },
): Sameness {
  if (again.digest === first.digest) return { isSame: true, isWithin: true };
  const owesBits =
    first.backend === again.backend && isBitExact(first.backend) && !first.hasMoved && !again.hasMoved;
  const isWithin = !owesBits && first.figures !== undefined && areWithin(first.figures, again.figures);
  return { isSame: false, isWithin };
}

export function areWithin(first: AgainFigures, again: AgainFigures): boolean {
  // Of few rows one is more than the share.
  const apart = Math.max(AGAIN_TOLERANCE.share, 1.5 / first.count);
  const isRight = Math.abs((first.accuracy ?? 0) - (again.accuracy ?? 0)) <= apart;
  return isRight && Math.abs(first.loss - again.loss) <= AGAIN_TOLERANCE.part * first.loss;
}
