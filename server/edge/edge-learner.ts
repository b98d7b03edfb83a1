// What an edge does in a round of the upper federation: its base becomes a version of the federation here, the devices here learn from
// it in a few rounds of their own, and the last version is what was learned. All that must outlive the process lies in that federation's
// records: which round and version were adopted, and what rounds made of them.
import type { FederationId } from '#lib/core/ids.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { canonicalText } from '#lib/core/canonical.ts';
import type { Learned, Learner, LearningTask, UpperVersion } from '#lib/participant/learner.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { Throttled } from '../coordinator/throttled.ts';
import type { AdoptedFrom, LearnedHere, Upstream } from '../coordinator/upstream.ts';
import type { Clock } from '../ports/clock.ts';
import { named, whyNoEdge, type Above } from './mirror.ts';

export interface EdgeLearner {
  /** For the coordinator of the devices here. */
  readonly upstream: Upstream;
  /** For the participant of the upper federation. */
  readonly learner: Learner;
  /** Once the federation is there. */
  attach(coordinator: Coordinator): void;
  /** Whether its federation runs, and enough devices are here. */
  readonly isEnough: boolean;
  /** How long that has not been so, with no round under way. */
  readonly lackedMs: number;
  /** Claims the rows of the devices that are here now; those of a round that is to be gone on with at least. */
  claim(): void;
  /** How far the round of the upper federation is; undefined: none is under way. */
  readonly underWay: { readonly round: number; readonly done: number } | undefined;
}

/** Devices that were lost may be back within this. */
export const LACK_MS = 10_000;
/** The upper server waits for scores for 15 s. */
const TALLY_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
/** A version is made of its updates well within this. */
const MADE_WITHIN_MS = 10_000;
/** Of many devices each says every second how far it is. */
const MOVED_EVERY_MS = 50;

/** Left of a deadline for the last version to be made and for the update to go up. */
const reserveMs = (leftMs: number): number => Math.min(leftMs / 2, Math.max(3_000, leftMs / 10));

export function createEdgeLearner(options: {
  readonly above: Above;
  /** Rounds here for one above. */
  readonly rounds: number;
  readonly minimum: number;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** What it says of itself in the federation’s status. */
  readonly status: () => string;
  /** Called with everything that moves here. */
  readonly onMoved?: () => void;
}): EdgeLearner {
  const { above, rounds, minimum, clock } = options;
  const id: FederationId = above.federation;
  let coordinator: Coordinator | undefined;
  let task: LearningTask | undefined;
  let claimed = 1;
  let lackingSince: number | undefined;
  const looks = new Set<() => void>();
  const moves = new Throttled(clock, MOVED_EVERY_MS, () => {
    for (const look of [...looks]) look();
    options.onMoved?.();
  });

  const here = (): Coordinator => {
    if (coordinator === undefined) throw new Error('An edge learns once its own federation is there.');
    return coordinator;
  };
  const learned = (): LearnedHere | undefined => coordinator?.learnedHere(id);
  const isOpen = (): boolean => {
    const round = coordinator?.view(id)?.round;
    return round != null && round.phase !== 'committed' && round.phase !== 'abandoned';
  };
  const isEnough = (): boolean => {
    const view = coordinator?.view(id);
    return view?.state === 'running' && view.checkedIn >= minimum;
  };
  function lackedMs(): number {
    if (isOpen() || isEnough()) lackingSince = undefined;
    else lackingSince ??= clock.monotonic();
    return lackingSince === undefined ? 0 : clock.monotonic() - lackingSince;
  }

  /** Until it holds, or so long; says whether it does. Rejects when aborted. */
  function until(holds: () => boolean, mostMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        looks.delete(look);
        signal.removeEventListener('abort', abort);
        undo();
      };
      const look = (): void => {
        if (!holds()) return;
        end();
        resolve(true);
      };
      const abort = (): void => {
        end();
        reject(signal.reason as Error);
      };
      const undo = clock.after(mostMs, () => {
        end();
        resolve(holds());
      });
      signal.addEventListener('abort', abort);
      looks.add(look);
      if (signal.aborted) abort();
      else look();
    });
  }

  const fromAbove = (
    { version, digest }: UpperVersion,
    round: AdoptedFrom['round'],
    told: number | null,
  ): AdoptedFrom => ({
    upstream: above.url,
    federation: above.federation,
    round,
    upper: version,
    digest,
    claimed: told,
  });

  /** Why not, in a sentence. */
  async function adopt(
    from: AdoptedFrom,
    parameters: Float32Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    // A round that has its updates makes its version first, whomever it is for.
    await until(() => here().view(id)?.round?.phase !== 'aggregation', MADE_WITHIN_MS, signal);
    const outcome = await here().adopt(id, from, parameters);
    signal.throwIfAborted();
    if (outcome === undefined) return `The edge has no federation “${id}” any more.`;
    return outcome.ok ? undefined : outcome.error.message;
  }

  async function learn(one: LearningTask, signal: AbortSignal): Promise<Learned> {
    const endsAt = clock.monotonic() + one.leftMs - reserveMs(one.leftMs);
    const nothing = (reason: string): Learned => ({ type: 'nothing', reason });
    const spec = here().view(id)?.spec;
    if (spec === undefined || canonicalText(spec.plan) !== canonicalText(one.plan))
      return nothing('The edge has not taken over yet what the federation trains by now.');
    const refusal = await adopt(fromAbove(one.base, one.round, one.claimed), one.parameters, signal);
    if (refusal !== undefined) return nothing(refusal);
    task = one;
    try {
      const done = (): number => learned()?.rounds ?? 0;
      const isDone = (): boolean => done() >= rounds;
      here().goOn(id);
      for (;;) {
        const leftMs = endsAt - clock.monotonic();
        one.onProgress(Math.min(1, done() / rounds));
        if (isDone() || leftMs <= 0 || lackedMs() >= LACK_MS) break;
        await until(isDone, Math.min(leftMs, LOOK_EVERY_MS), signal);
      }
    } finally {
      task = undefined;
    }
    if (isOpen()) {
      await here().closeRound(id);
      await until(() => !isOpen(), reserveMs(one.leftMs) / 2, signal);
    }
    const made = await here().learned(id);
    signal.throwIfAborted();
    if (made?.ok === true)
      return { type: 'learned', parameters: made.value.parameters, examples: made.value.examples };
    const present = here().view(id)?.checkedIn ?? 0;
    return nothing(
      present < minimum
        ? `Too few devices are at the edge: ${present}, and ${minimum} are needed.`
        : (made?.error ?? 'The edge has learned nothing.'),
    );
  }

  async function tally(
    version: UpperVersion,
    parameters: Float32Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Tally | undefined> {
    const before = learned()?.adopted;
    const isPast = before !== undefined && before.upstream === above.url && before.upper > version.version;
    if (isPast || (task !== undefined && task.base.digest !== version.digest)) return undefined;
    if ((await adopt(fromAbove(version, null, null), parameters, signal)) !== undefined) return undefined;
    const evaluation = (): LearnedHere['evaluation'] => {
      const now = learned();
      return now?.adopted.upper === version.version ? now.evaluation : null;
    };
    const areHeard = (): boolean =>
      (evaluation()?.participants ?? 0) >= Math.max(1, here().view(id)?.checkedIn ?? 0);
    await until(areHeard, TALLY_WITHIN_MS, signal);
    return evaluation()?.tally;
  }

  return {
    upstream: {
      federation: id,
      get rounds() {
        return task === undefined ? 0 : rounds;
      },
      get status() {
        return options.status();
      },
      moved: () => moves.ask(),
    },
    learner: {
      refusal: (spec: FederationSpec) => whyNoEdge(spec, above),
      get rows() {
        return claimed;
      },
      learn,
      tally,
    },
    attach(opened) {
      coordinator = opened;
    },
    get isEnough() {
      return isEnough();
    },
    get lackedMs() {
      return lackedMs();
    },
    claim() {
      const { adopted, rounds: made = 0 } = learned() ?? {};
      const goesOn = adopted?.round != null && made < rounds ? (adopted.claimed ?? 0) : 0;
      claimed = Math.max(1, goesOn, here().rowsHere(id));
    },
    get underWay() {
      return task && { round: task.round, done: learned()?.rounds ?? 0 };
    },
  };
}

/** “Round 7 of “heart” at https://trial.example: 1 of 2 rounds are done here.” */
export const progressSentence = (
  above: Above,
  { round, done }: NonNullable<EdgeLearner['underWay']>,
  rounds: number,
): string =>
  `Round ${round} of ${named(above)}: ${done} of ${rounds} ${rounds === 1 ? 'round is' : 'rounds are'} done here.`;
