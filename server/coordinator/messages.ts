// What devices may ask of a federation over their connection, and the answers (protocol/messages.ts).
import { tallyShapeOf } from '#lib/core/federated-model.ts';
import { secureSumOf } from '#lib/core/federation.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { asksSlices } from '#lib/core/gates/asks-slices.ts';
import { lacksScores, tallyFits } from '#lib/core/metrics/tally-sums.ts';
import { memberOf } from '#lib/core/round/round-state.ts';
import { notEligible, type DeviceFacts } from '#lib/core/round/select.ts';
import type { Tried } from '#lib/core/search/judged.ts';
import type { Answer, ClientMessages } from '#lib/protocol/messages.ts';
import { RecordConflict } from '../ports/records.ts';
import { notAdmitted } from './access.ts';
import type { Connection } from './connection.ts';
import type { Federation } from './federation.ts';
import { viewOf } from './federation-view.ts';
import { mayCharge } from './run-privacy.ts';
import { spentSentence } from './status.ts';
import { compactView } from './views.ts';
import { askedFor, wrongSlice } from './told-slices.ts';

export type ClientMessage = {
  [Name in keyof ClientMessages]: { readonly name: Name; readonly message: ClientMessages[Name] };
}[keyof ClientMessages];
type Refusal = Exclude<Extract<Answer, { ok: false }>['error'], 'enough-devices' | 'backed-off'>;

const BACKED_OFF =
  'Much of what this device sent could not be used, so it is asked to stay away for a while. It checks in again by itself.';

export const done: Answer = { ok: true, view: null };
export const refused = (error: Refusal, message: string): Answer => ({ ok: false, error, message });

export function receive(
  federation: Federation,
  connection: Connection,
  sent: ClientMessage,
): Promise<Answer> | Answer {
  if (sent.name === 'watch') {
    federation.attendance.watch(connection);
    federation.changed();
    return { ok: true, view: compactView(viewOf(federation)) };
  }
  const { participant } = connection;
  if (participant === null)
    return refused(
      'not-identified',
      'This connection only watches. Connect with a participant’s key to take part.',
    );
  switch (sent.name) {
    case 'check-in':
      return federation.enqueue(() => checkIn(federation, connection, participant, sent.message));
    case 'check-out':
      return federation.enqueue(() => leave(federation, connection, participant, 'It stopped taking part.'));
    case 'progress':
      return federation.enqueue(() => progress(federation, connection, participant, sent.message));
    case 'withdraw':
      return federation.enqueue(() => withdraw(federation, connection, participant, sent.message));
    case 'evaluation':
      return federation.enqueue(() => evaluation(federation, participant, sent.message));
    case 'sum-advert':
    case 'sum-nonce':
    case 'sum-keys':
    case 'sum-consent':
    case 'sum-reveal':
      return federation.enqueue(
        async () =>
          notHere(federation, connection, participant) ??
          (sent.message.survey === undefined ? federation.summing : federation.surveys).receive(
            participant,
            sent,
          ),
      );
    case 'survey-answer':
    case 'survey-declined':
      return federation.enqueue(
        async () =>
          notHere(federation, connection, participant) ?? federation.surveys.receive(participant, sent),
      );
    default:
      return sent satisfies never;
  }
}

async function checkIn(
  federation: Federation,
  connection: Connection,
  participant: ParticipantId,
  { examples, tags = [], examplesPerSecond, invitation }: ClientMessages['check-in'],
): Promise<Answer> {
  if (federation.record.state === 'finished')
    return refused(
      'finished',
      'This run has ended. Its model is there to be used; there is no round to take part in.',
    );
  const { attendance } = federation;
  const at = federation.around.clock.now();
  const facts: DeviceFacts = { examples, tags, examplesPerSecond };
  const unfit = notEligible(federation.record.spec, facts);
  if (unfit !== undefined) {
    letGo(federation, connection, participant);
    return refused('not-eligible', unfit);
  }
  const closed = await notAdmitted(federation, participant, invitation);
  if (closed !== undefined) {
    letGo(federation, connection, participant);
    return closed;
  }
  const awayMs = federation.around.reputation?.awayMs(participant) ?? null;
  if (awayMs !== null) {
    letGo(federation, connection, participant);
    return { ok: false, error: 'backed-off', message: BACKED_OFF, afterMs: awayMs };
  }
  const { privacy } = federation;
  // Of what it is asked already the budget holds it: it comes back to finish that.
  const { openRound } = federation;
  const isAsked =
    federation.surveys.concerns(participant) ||
    (openRound !== undefined && mayCharge(openRound, participant));
  if (privacy.type !== 'none' && !isAsked && !federation.charges.mayRelease(participant)) {
    attendance.watch(connection);
    return refused('not-eligible', spentSentence(privacy));
  }
  const afterMs = federation.comeBackAfter(participant);
  if (afterMs !== undefined) {
    attendance.watch(connection);
    return { ok: false, error: 'enough-devices', message: 'Enough devices are here for now.', afterMs };
  }
  attendance
    .checkIn(connection, participant, facts)
    ?.send('superseded', { federation: federation.record.id });
  // It went while this waited its turn.
  if (attendance.connectionOf(participant) !== connection) return done;
  federation.graces.stop(participant);
  federation.seats.resting.stop(participant);
  const candidate = attendance.candidateOf(participant);
  const candidates = candidate === undefined || attendance.isHeldOut(participant) ? [] : [candidate];
  await federation.whenThereIsRoom('open', async () => {
    await federation.feed({ type: 'returned', participant, at });
    federation.summing.returned(participant);
    federation.surveys.returned(participant);
    await federation.opening.offer(candidates);
    await federation.opening.openIfDue();
  });
  federation.changed();
  return { ok: true, view: compactView(viewOf(federation)) };
}

/** It may be here no longer as it was: with other data or tags, perhaps. It hears of the federation still. */
function letGo(federation: Federation, connection: Connection, participant: ParticipantId): void {
  const { attendance } = federation;
  const wasHere = attendance.has(participant);
  attendance.checkOut(participant);
  attendance.watch(connection);
  if (wasHere) federation.left(participant);
}

const notHere = (
  federation: Federation,
  connection: Connection,
  participant: ParticipantId,
): Answer | undefined => {
  const active = federation.attendance.connectionOf(participant);
  if (active === connection) return undefined;
  return active === undefined
    ? refused('not-in-cohort', 'This device has not checked in to the federation.')
    : refused('other-connection', 'Another tab of this browser takes part now; this one does not.');
};

async function leave(
  federation: Federation,
  connection: Connection,
  participant: ParticipantId,
  reason: string,
): Promise<Answer> {
  const elsewhere = notHere(federation, connection, participant);
  if (elsewhere !== undefined) return elsewhere;
  federation.attendance.checkOut(participant);
  federation.left(participant);
  await withdrawn(federation, participant, reason);
  federation.changed();
  return done;
}

async function progress(
  federation: Federation,
  connection: Connection,
  participant: ParticipantId,
  { round, stage, fraction }: ClientMessages['progress'],
): Promise<Answer> {
  const elsewhere = notHere(federation, connection, participant);
  if (elsewhere !== undefined) return elsewhere;
  if (taskRound(federation, participant) !== round)
    return refused(
      'not-in-cohort',
      `This device is not in the cohort of round ${round}, or the round is over.`,
    );
  await federation.feed({
    type: 'progress',
    participant,
    stage,
    fraction,
    at: federation.around.clock.now(),
  });
  return done;
}

async function withdraw(
  federation: Federation,
  connection: Connection,
  participant: ParticipantId,
  { round, reason, inVain }: ClientMessages['withdraw'],
): Promise<Answer> {
  const elsewhere = notHere(federation, connection, participant);
  if (elsewhere !== undefined) return elsewhere;
  const { openRound } = federation;
  // A round that is choosing still: a candidate may go.
  if (
    openRound?.phase === 'selection'
      ? openRound.round !== round
      : taskRound(federation, participant) !== round
  )
    return refused(
      'not-in-cohort',
      `This device is not in the cohort of round ${round}, or the round is over.`,
    );
  federation.seats.resting.start(participant);
  // While a round still chooses, nothing was given out to try.
  const hasTried = inVain !== undefined && federation.tried.areTried && openRound?.phase === 'reporting';
  if (hasTried) federation.inVainBy(participant);
  else federation.abandonedBy(participant);
  const tried = hasTried ? federation.tried.measuredBy(participant, round, inVain) : undefined;
  await withdrawn(federation, participant, reason, tried);
  return done;
}

/** The round that this device was configured in, of a task that the open round knows. */
function taskRound({ openRound }: Federation, participant: ParticipantId): number | undefined {
  return openRound === undefined ? undefined : memberOf(openRound, participant)?.task.round;
}

/** It trains no more, whether there is room to write that down or not. */
const withdrawn = (
  federation: Federation,
  participant: ParticipantId,
  reason: string,
  tried?: Tried,
): Promise<void> =>
  federation.whenThereIsRoom(`withdrawn/${participant}`, async () => {
    const at = federation.around.clock.now();
    await federation.feed({ type: 'withdrawn', participant, reason, tried, at });
  });

/** Throws RecordsFull: the device is not answered, and tells it again. */
async function evaluation(
  federation: Federation,
  participant: ParticipantId,
  { version, tally, personal, latency, slices }: ClientMessages['evaluation'],
): Promise<Answer> {
  const { versions, record } = federation;
  // Scores decide which version may be live: only those may tell them that may take part.
  const outside = await notAdmitted(federation, participant, undefined);
  if (outside !== undefined) return outside;
  if (secureSumOf(record.spec) !== undefined)
    return refused(
      'not-eligible',
      'This federation learns sums over devices alone: what a version does on the rows of one device is not told.',
    );
  if (versions.get(version) === undefined)
    return refused('unknown-version', `There is no version ${version}.`);
  if (record.spec.privacy.type !== 'none')
    return refused(
      'malformed',
      'This federation takes no scores of rows: each would be a release without noise.',
    );
  const shape = tallyShapeOf(record.spec);
  if (!tallyFits(tally, shape) || (personal !== null && !tallyFits(personal, shape)))
    return refused('malformed', 'The counts do not add up, or are not of this federation’s classes.');
  if (lacksScores(tally) || (personal !== null && lacksScores(personal)))
    return refused(
      'malformed',
      'The counts say nothing of scores, of which AUC and others are read. Load the page anew: it is of an older version.',
    );
  if (personal !== null && personal.count !== tally.count)
    return refused(
      'malformed',
      `The device’s own model was scored on ${personal.count} rows and the version on ${tally.count}: both take the same.`,
    );
  const wrong = slices === undefined ? undefined : wrongSlice(slices, tally, shape);
  if (wrong !== undefined) return refused('malformed', wrong);
  // Which are asked for may have changed while the device counted.
  const asked = slices !== undefined && asksSlices(record.spec) ? askedFor(slices, record.spec) : undefined;
  const told = {
    tally,
    personal,
    ...(latency === undefined ? {} : { latency }),
    ...(asked === undefined ? {} : { slices: asked }),
  };
  // The first report of a device counts; whoever reports again is answered alike.
  if (!versions.hasHeard(version, participant)) {
    try {
      const at = federation.around.clock.now();
      await federation.write([
        {
          type: 'insert-evaluation',
          record: { federation: record.id, version, participant, at, ...told },
        },
      ]);
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
      return done;
    }
    versions.merge({ version, participant, ...told });
  }
  federation.evaluated(version, participant);
  return done;
}

/** The connection is gone: its device is checked out, and a cohort member has a while to come back. */
export function disconnected(federation: Federation, connection: Connection): void {
  const participant = federation.attendance.disconnected(connection);
  federation.changed();
  if (participant === undefined) return;
  federation.left(participant);
  federation.background(`left/${participant}`, async () => {
    // It may have come back while this waited its turn.
    if (federation.attendance.has(participant)) return;
    const open = federation.openRound;
    if (open?.phase === 'reporting') federation.graces.start(participant);
    else await federation.feed({ type: 'left', participant, at: federation.around.clock.now() });
    federation.changed();
  });
}
