// From what the device knows to what its screen shows.
import type { FederationId } from '../core/ids.ts';
import { figure } from '../core/metrics/figures.ts';
import type { CoordinatorLink } from '../ports/coordinator-link.ts';
import type { HistoryPoint } from '../ports/participant-store.ts';
import type { BlockList } from './blocked.ts';
import type { RoundInHand, Standing } from './ground.ts';
import type { ParticipationView } from './participation.ts';

/** Two reasons follow from the standing alone, and are set here: no connection, and a paused run. */
export function presentView(
  federation: FederationId,
  standing: Standing,
  blocks: BlockList,
  link: Pick<CoordinatorLink, 'state' | 'bytes'>,
  now: number,
): ParticipationView {
  const { hand, joined, equipment, contributions } = standing;
  if (joined !== null && link.state === 'offline')
    blocks.set({ reason: 'offline', closesAt: hand?.deadlineAt ?? null, work: workOf(hand) });
  else blocks.clear('offline');
  if (joined !== null && standing.view?.state === 'paused' && hand === undefined)
    blocks.set({ reason: 'federation-paused' });
  else blocks.clear('federation-paused');
  const metric = standing.view?.spec.metric.name;
  const figureHere = (tally: Parameters<typeof figure>[0]): number | null =>
    (metric === undefined ? undefined : figure(tally, metric)) ?? null;
  const training = hand?.stage === 'training' ? hand.progress : null;
  return {
    federation,
    state: stateOf(standing),
    blocked: joined === null ? null : blocks.first(now),
    link: link.state,
    round: hand?.round ?? null,
    base: hand?.message?.base.version ?? null,
    isHeldOut: equipment?.isHeldOut ?? false,
    fraction: hand?.fraction ?? null,
    etaMs: training?.etaMs ?? null,
    deadlineAt: hand?.deadlineAt ?? null,
    backend: equipment?.engine.choice ?? null,
    examplesPerSecond: training?.examplesPerSecond ?? null,
    history: [...standing.earlier, ...pointsOf(standing, hand)],
    bytes: link.bytes,
    roundsContributed: contributions?.count ?? 0,
    bytesSent: contributions?.bytesSent ?? 0,
    localEvaluations:
      equipment?.scoreboard.scored.map(({ version, tally, personal }) => ({
        version,
        count: tally.count,
        figure: figureHere(tally),
        loss: figure(tally, 'loss') ?? null,
        personal: personal && { figure: figureHere(personal) },
      })) ?? [],
    plan: hand?.message?.plan ?? null,
    peers: hand?.peers ?? null,
    leaveAfterRound: standing.leaveAfterRound,
    lastEvent: standing.lastEvent,
  };
}

function workOf(hand: RoundInHand | undefined): 'training' | 'sending' | null {
  if (hand === undefined || hand.stage === 'averaging') return null;
  return hand.stage === 'sending' ? 'sending' : 'training';
}

function stateOf({ joined, checking, hand, view, justEnded }: Standing): ParticipationView['state'] {
  if (joined === null) return 'idle';
  if (hand !== undefined) return hand.stage;
  if (checking) return 'checking';
  if (view?.state === 'finished') return 'done';
  if (justEnded !== undefined) return 'resting';
  const phase = view?.round?.phase;
  // A round runs without this device, or the next one is not open yet.
  return phase === undefined || phase === 'selection' || phase === 'abandoned' ? 'waiting' : 'resting';
}

/** The loss of the round in hand, after the rounds before it; `epoch` is the round. */
export function pointsOf(
  { earlier }: Pick<Standing, 'earlier'>,
  hand: RoundInHand | undefined,
): readonly HistoryPoint[] {
  if (hand?.progress == null) return [];
  const start = earlier.at(-1)?.step ?? 0;
  return hand.progress.history.map((point) => ({ ...point, step: start + point.step, epoch: hand.round }));
}
