// The page's side of the workbench worker. One client holds one worker; whoever makes it closes it.
import type {
  BenchReply,
  BenchRequest,
  AgainRequest,
  AskedOf,
  AssessRequest,
  BranchRequest,
  EnginesRequest,
  GroupedRowsRequest,
  GroupRequest,
  GroupRows,
  HandRequest,
  KeptNetwork,
  EndedRun,
  LookedGroups,
  OpenedBench,
  OpenedGroups,
  OpenRequest,
  OverfitRequest,
  PlaneByNetwork,
  PlaneRequest,
  ResumeRequest,
  RowsRequest,
  RunEvent,
  SplitRequest,
  TrainRequest,
  VaryRequest,
} from './bench-messages.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { Overfit } from '../participant/workbench/overfit.ts';
import type { SplitShown } from '../participant/workbench/split-shown.ts';
import type { VariedPictures } from '../participant/workbench/varied-pictures.ts';
import type { Feasibility } from '../participant/workbench/feasibility.ts';
import type { Look, Looked } from '../participant/workbench/examine/look.ts';
import type { Predicted } from '../participant/workbench/predict-files.ts';
import { allowedWorker, plainFailures, WorkerRequests, type RequestWorker } from './worker-requests.ts';

export type BenchRefused = Omit<Extract<BenchReply, { type: 'refused' }>, 'id'>;
export type BenchWorker = RequestWorker<BenchRequest, BenchReply>;

const startWorker = (): BenchWorker =>
  allowedWorker(
    () => new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module', name: 'bench' }),
  );

/** A run to make or to go on with. */
export type RunWish =
  | Omit<TrainRequest, 'id'>
  | Omit<GroupRequest, 'id'>
  | Omit<ResumeRequest, 'id'>
  | Omit<AgainRequest, 'id'>
  | Omit<BranchRequest, 'id'>;

export class BenchClient {
  readonly #requests: WorkerRequests<BenchRequest, BenchReply>;

  /** The worker starts with the first request. */
  constructor(start: () => BenchWorker = startWorker) {
    this.#requests = new WorkerRequests<BenchRequest, BenchReply>(start, plainFailures);
  }

  /** Rejects with an Error for the person when the worker fails or is lost. */
  open(request: Omit<OpenRequest, 'id' | 'name'>): Promise<OpenedBench | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'open' }),
      (reply) => (reply.type === 'opened' ? reply.opened : reply.type === 'refused' ? reply : undefined),
    );
  }

  /** Rejects with an Error for the person. */
  split(request: Omit<SplitRequest, 'id' | 'name'>): Promise<SplitShown | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'split' }),
      (reply) => (reply.type === 'parted' ? reply.shown : reply.type === 'refused' ? reply : undefined),
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  assess(
    request: Omit<AssessRequest, 'id' | 'name'>,
    onProgress: (says: string, fraction: number) => void,
    signal: AbortSignal,
  ): Promise<Feasibility | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'assess' }),
      (reply) => {
        if (reply.type === 'assessing') onProgress(reply.says, reply.fraction);
        return reply.type === 'assessed' ? reply.assessed : reply.type === 'refused' ? reply : undefined;
      },
      signal,
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  run(
    request: RunWish,
    onEvent: (event: RunEvent) => void,
    signal: AbortSignal,
  ): Promise<EndedRun | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id }),
      (reply) => {
        if (reply.type === 'event') onEvent(reply.event);
        return reply.type === 'ended' ? reply.ended : reply.type === 'refused' ? reply : undefined;
      },
      signal,
    );
  }

  /** Pauses or resumes the network that a run of this client trains, or takes one step of it. Rejects with an Error for the person. */
  hand(run: string, wants: HandRequest['wants']): Promise<true> {
    return this.#requests.ask(
      (id) => ({ id, name: 'hand', run, wants }),
      (reply) => (reply.type === 'handed' ? true : undefined),
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  overfit(
    request: Omit<OverfitRequest, 'id' | 'name'>,
    onLoss: (loss: number, step: number) => void,
    signal: AbortSignal,
  ): Promise<Overfit | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'overfit' }),
      (reply) => {
        if (reply.type === 'loss') onLoss(reply.loss, reply.step);
        return reply.type === 'overfitted' ? reply.overfit : reply.type === 'refused' ? reply : undefined;
      },
      signal,
    );
  }

  /** What the self-test says of each engine. Rejects with an Error for the person. */
  engines(request: Omit<EnginesRequest, 'id' | 'name'>): Promise<BackendChoice | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'engines' }),
      (reply) => (reply.type === 'engines' ? reply.choice : reply.type === 'refused' ? reply : undefined),
    );
  }

  /** Rejects with an Error for the person. */
  vary(request: Omit<VaryRequest, 'id' | 'name'>): Promise<VariedPictures | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'vary' }),
      (reply) => (reply.type === 'varied' ? reply.varied : reply.type === 'refused' ? reply : undefined),
    );
  }

  /** Rejects with an Error for the person. */
  networks(dataset: string): Promise<readonly KeptNetwork[]> {
    return this.#requests.ask(
      (id) => ({ id, name: 'networks', dataset }),
      (reply) => (reply.type === 'networks' ? reply.networks : undefined),
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  plane(
    request: Omit<PlaneRequest, 'id' | 'name'>,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<PlaneByNetwork | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...request, id, name: 'plane' }),
      (reply) => {
        if (reply.type === 'laying-out') onProgress(reply.share);
        return reply.type === 'laid-out' ? reply.plane : reply.type === 'refused' ? reply : undefined;
      },
      signal,
    );
  }

  /** Rejects with an Error for the person when the worker fails or is lost. */
  openGroups(rows: GroupRows): Promise<OpenedGroups | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ ...rows, id, name: 'open-groups' }),
      (reply) =>
        reply.type === 'groups-opened' ? reply.opened : reply.type === 'refused' ? reply : undefined,
    );
  }

  /** Rejects with an Error for the person. */
  lookGroups(run: string): Promise<LookedGroups | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ id, name: 'look-groups', run }),
      (reply) =>
        reply.type === 'groups-looked' ? reply.looked : reply.type === 'refused' ? reply : undefined,
    );
  }

  /** The text of a CSV file. Rejects with an Error for the person. */
  rows(
    run: string,
    name: (RowsRequest | GroupedRowsRequest)['name'] = 'rows',
  ): Promise<string | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ id, name, run }),
      (reply) => (reply.type === 'rows' ? reply.text : reply.type === 'refused' ? reply : undefined),
    );
  }

  /** Rejects with an Error for the person. */
  predict(run: string, of: AskedOf): Promise<Predicted | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ id, name: 'predict', run, of }),
      (reply) =>
        reply.type === 'predicted' ? reply.predicted : reply.type === 'refused' ? reply : undefined,
    );
  }

  /** Rejects with the signal's reason once the worker has stopped, or with an Error for the person. */
  look(run: string, look: Look, signal?: AbortSignal): Promise<Looked | BenchRefused> {
    return this.#requests.ask(
      (id) => ({ id, name: 'look', run, look }),
      (reply) => (reply.type === 'looked' ? reply.looked : reply.type === 'refused' ? reply : undefined),
      signal,
    );
  }

  /** Ends the worker, whatever it does; what still waits rejects. */
  close(): void {
    this.#requests.end(new Error('The training was closed.'));
  }
}
