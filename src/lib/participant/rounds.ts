// Rounds as the coordinator's messages bring them: asked to train, told how a round ended. The update is durable before it is
// sent, and the reply to it is the decision.
import { participantIdOf } from '../core/digest.ts';
import type { RoundNumber } from '../core/ids.ts';
import { ownPart } from '../core/model/own-part.ts';
import type { JudgedInVain } from '../core/search/judged.ts';
import type { RoundControl } from '../core/update/control.ts';
import { LinkLost, WrongBytes } from '../ports/coordinator-link.ts';
import type { OutboxEntry } from '../ports/participant-store.ts';
import type { UpdateReply } from '../protocol/http.ts';
import type { Abandoned, Committed, Configured } from '../protocol/messages.ts';
import { weakerRound, weakerTerms } from './agreed-terms.ts';
import { openContributions } from './contributions.ts';
import { createControls } from './controls.ts';
import { firstOf, JoinRefused, type Equipment } from './equipment.ts';
import type { Equipping } from './equipping.ts';
import type { ToSum } from './form-update.ts';
import { isStillGranted } from './granted-rows.ts';
import { carriesOn, type Ground, type RoundInHand } from './ground.ts';
import { parametersOf } from './parameter-source.ts';
import type { PersonalModels } from './personal-models.ts';
import { drawFromPlatform, ownRefusal } from './protection.ts';
import { checkpointKey, residualKey } from './round-keys.ts';
import type { Hands } from './round-in-hand.ts';
import type { VersionScoring } from './score-versions.ts';
import type { SumTalk } from './secure-sum/sum-round.ts';
import { roundTraining, sumRound, workRound, type RoundOutcome } from './work-round.ts';

export interface Rounds {
  /** All that rounds left for the next ones goes. */
  forget(): Promise<void>;
  /** Of the secure sum of the round in hand. */
  summing(round: RoundNumber, say: (sum: SumTalk) => void): void;
  configured(message: Configured): Promise<void>;
  committed(message: Committed): Promise<void>;
  abandoned(message: Abandoned): Promise<void>;
  /** An update that an earlier visit trained. */
  sendAgain(entry: OutboxEntry): Promise<void>;
  /** After a reload or a silence: what became of the rounds whose end was not heard of. */
  settleWaiting(): Promise<void>;
}

const megabytes = (bytes: number): string =>
  bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

export function createRounds(
  ground: Ground,
  hands: Hands,
  equipping: Equipping,
  scoring: VersionScoring,
  personal: PersonalModels,
): Rounds {
  const { standing, blocks, options } = ground;
  const { federation, link, store, clock } = options;

  const controls = createControls({ federation, store, link, onFull: ground.storageFull });
  /** Asked for while an update is being sent: its decision is awaited first, or nobody would hear of it. */
  let following: Configured | undefined;

  /** `inVain`: of a round whose settings came to nothing. */
  async function giveUp(one: RoundInHand, reason: string, inVain?: JudgedInVain | null): Promise<void> {
    hands.letGo(one);
    await ground.tell('withdraw', {
      federation,
      round: one.round,
      reason: reason.slice(0, 200),
      ...(inVain !== undefined && { inVain }),
    });
  }

  /** Takes this device into the round's secure sum, while it trains: its part of the app is loaded where it is needed. */
  async function joinSum(one: RoundInHand, message: Configured): Promise<void> {
    const { secureSum: task } = message;
    if (task === undefined) return;
    const { createSumRound } = await import('./secure-sum/sum-round.ts');
    const { signal } = one.ending;
    signal.throwIfAborted();
    one.sum = createSumRound({
      message,
      task,
      identity: await store.identity(),
      store,
      signal,
      tell: ground.tell,
      happened: ground.happened,
      failed(sentence) {
        ground.happened(sentence);
        ground.background(giveUp(one, sentence));
      },
      onPeers(peers) {
        one.peers = peers;
        ground.changed();
      },
    });
  }

  /** By what was last said of the federation. */
  const weakerThanAgreed = (): string | undefined =>
    standing.view && weakerTerms(standing.joined?.terms ?? null, standing.view.spec);

  /** undefined: there is nothing to send. */
  async function train(one: RoundInHand, message: Configured): Promise<OutboxEntry | undefined> {
    const { signal } = one.ending;
    if (standing.view?.run !== message.run)
      standing.view = (await ground.patiently(signal, () => link.federation(federation))) ?? standing.view;
    const weaker = weakerThanAgreed();
    if (weaker !== undefined) {
      blocks.set({ reason: 'other-terms', detail: weaker });
      await giveUp(one, weaker);
      return undefined;
    }
    const equipment = await equipping.ready();
    await joinSum(one, message);
    const { rows, engine, parameterCount } = equipment;
    const { metric, personalisation, plan, tuning } = standing.view?.spec ?? equipment.spec;
    const initial = (): Float32Array<ArrayBuffer> => firstOf(equipment, plan);
    const base = await ground.patiently(signal, (attempt) =>
      parametersOf({ federation, store, link, initial }, message.base, {
        signal: attempt,
        onFull: ground.storageFull,
        onProgress: (fraction) => hands.progressed(one, 'receiving', fraction),
      }),
    );
    if (base.length !== parameterCount)
      throw new WrongBytes(
        `The version has ${base.length} parameters where the model has ${parameterCount}.`,
      );
    if ('sums' in equipment) {
      await scoring.score(equipment, message.base, async () => base, signal);
      signal.throwIfAborted();
      hands.progressed(one, 'training', 0);
      const participant = participantIdOf((await store.identity()).publicKey);
      const outcome = await engine.alone(async () =>
        sumRound(message, participant, equipment.sums, base, rows.training),
      );
      return signal.aborted
        ? undefined
        : updateOf(one, equipment, checkpointKey(federation), outcome, undefined);
    }
    const { network, learner } = equipment;
    if (learner !== undefined) {
      hands.progressed(one, 'training', 0);
      const { learnRound } = await import('./learner.ts');
      const outcome = await learnRound(
        message,
        learner,
        base,
        {
          participant: participantIdOf((await store.identity()).publicKey),
          residual: await store.vectors.get(residualKey(federation)),
          leftMs: Math.max(0, (one.deadlineAt ?? 0) - clock.now()),
          claimed: message.secureSum === undefined ? one.claimed : null,
          onProgress: (fraction) => hands.progressed(one, 'training', fraction),
        },
        signal,
      );
      return signal.aborted
        ? undefined
        : updateOf(one, equipment, checkpointKey(federation), outcome, undefined);
    }
    const control = await ground.patiently(signal, (attempt) =>
      controls.before(message, parameterCount, (named) =>
        parametersOf({ federation, store, link }, named, { signal: attempt, onFull: ground.storageFull }),
      ),
    );
    await scoring.score(equipment, message.base, async () => base, signal);
    signal.throwIfAborted();
    const own = ownPart(network, personalisation);
    // No figure of a single device leaves it under privacy or secure aggregation, or where none was said to, whatever the server asks.
    const trial =
      message.asks.includes('judged') && tuning && !message.privacy && !message.secureSum
        ? (await import('./judging.ts')).trialOf(rows.training, engine, network, message.plan)
        : undefined;
    const training = roundTraining(message, {
      network,
      rows: { ...rows, ...trial?.rows },
      base: await personal.startOf(network, personalisation, base),
      own,
      metric: metric.name,
      checkpoint: await store.checkpoints.get(checkpointKey(federation)),
      control,
    });
    if (training.checkpoint !== undefined)
      ground.happened(`Went on with round ${one.round} from where this device had stopped.`);
    hands.progressed(one, 'training', 0);
    const began = clock.monotonic();
    const memory = {
      participant: participantIdOf((await store.identity()).publicKey),
      residual: await store.vectors.get(residualKey(federation)),
      own,
      control,
      draw: drawFromPlatform,
      trial,
    };
    const outcome = await engine.alone(() =>
      workRound(message, training, memory, {
        engine,
        clock,
        control: one.control,
        async saveCheckpoint(checkpoint) {
          if (signal.aborted || (await endsErased(one, equipment))) return;
          await ground.kept(store.checkpoints.put(checkpoint));
          // Erased since, it goes here; what is there when rows go is looked for after them too (state/erase-receipt.ts).
          await endsErased(one, equipment);
        },
        onProgress(progress) {
          one.progress = progress;
          hands.progressed(one, 'training', progress.fraction);
          // The turn went to another tab: the checkpoint lies in the store, and this tab stops.
          if (progress.paused && standing.superseded) hands.letGo(one);
        },
        onNotice(sentence, failure) {
          if (failure !== null)
            ground.notice({
              reason: failure.kind === 'out-of-memory' ? 'oom' : 'gpu-lost',
              message: sentence,
            });
          ground.happened(sentence);
        },
      }),
    );
    options.limits?.trained(clock.monotonic() - began);
    if (signal.aborted) return undefined;
    const entry = await updateOf(one, equipment, training.key, outcome, control);
    if (entry !== undefined)
      // While the update is on its way: the version that comes of it is scored after this, and the next round waits for that.
      ground.background(
        engine.alone(async () => {
          if (standing.joined?.pausedAt === null && !standing.superseded)
            await personal.trainBeside(
              equipment,
              personalisation,
              { ...message, plan },
              base,
              ground.living.signal,
            );
        }),
      );
    return entry;
  }

  async function forget(): Promise<void> {
    await controls.forget();
    await store.vectors.remove(residualKey(federation));
    await store.checkpoints.remove(checkpointKey(federation));
  }

  /** Its rows may be erased in another tab while they are trained on. Then the round ends here, and leaves nothing. */
  async function endsErased(one: RoundInHand, { trainedOn }: Equipment): Promise<boolean> {
    if ((await options.datasets.record(trainedOn.dataset)) !== undefined) return false;
    await forget();
    const message = `Round ${one.round} was given up: its data was erased.`;
    ground.happened(message);
    await giveUp(one, message);
    return true;
  }

  async function updateOf(
    one: RoundInHand,
    equipment: Equipment,
    checkpoint: string,
    outcome: RoundOutcome,
    control: RoundControl | undefined,
  ): Promise<OutboxEntry | undefined> {
    switch (outcome.type) {
      case 'stopped':
        return undefined;
      case 'failed':
        await store.checkpoints.remove(checkpoint);
        if (outcome.kind === 'diverged' && outcome.inVain !== undefined)
          ground.happened('What this round tried here came to nothing, which the server was told.');
        else if (outcome.kind === 'diverged') blocks.set({ reason: 'diverged', detail: outcome.message });
        else if (outcome.kind === 'unsuited') ground.happened(outcome.message);
        else {
          const isMemory = outcome.kind === 'out-of-memory';
          const message = isMemory
            ? 'Not enough memory for this model here.'
            : `No way of computing is left on this device: ${outcome.message}`;
          blocks.set({ reason: isMemory ? 'oom' : 'gpu-lost', message });
          // The next round measures anew: a device that was lost may be back.
          equipping.drop();
        }
        await giveUp(one, outcome.message, outcome.inVain);
        return undefined;
      case 'trained': {
        if ((await endsErased(one, equipment)) || one.ending.signal.aborted) return undefined;
        const { formed } = outcome;
        const { residual, controlChange } = formed;
        const entry = formed.entry ?? (await summed(one, equipment, formed.toSum));
        if (entry === undefined) return undefined;
        if (outcome.own.length > 0) await personal.keepOwnPart(outcome.own);
        if (control !== undefined && controlChange !== null)
          await controls.keep(one.round, control.own, controlChange);
        // Before the first byte is sent: from here on a reload sends again and never trains again.
        const kept = { ...entry, rows: equipment.trainedOn };
        await ground.kept(store.outbox.put(kept));
        if (residual !== null) await ground.kept(store.vectors.put(residualKey(federation), residual));
        await store.checkpoints.remove(checkpoint);
        return kept;
      }
      default:
        return outcome satisfies never;
    }
  }

  /** The masked vector; undefined: the sum broke off, and the round was given up. */
  async function summed(
    one: RoundInHand,
    equipment: Equipment,
    update: ToSum,
  ): Promise<OutboxEntry | undefined> {
    if (one.sum === undefined) throw new Error(`Round ${one.round} has no secure sum on this device.`);
    try {
      return await one.sum.masked(equipment, standing.view?.spec ?? equipment.spec, update);
    } catch (failure) {
      if (one.ending.signal.aborted) return undefined;
      throw failure;
    }
  }

  async function send(one: RoundInHand, entry: OutboxEntry): Promise<void> {
    try {
      await sendOne(one, entry);
    } finally {
      const next = following;
      following = undefined;
      if (next !== undefined) ground.background(rounds.configured(next));
    }
  }

  async function sendOne(one: RoundInHand, entry: OutboxEntry): Promise<void> {
    hands.progressed(one, 'sending', 0);
    // Asked before each attempt: between two of them there may be days.
    const reply = await ground.patiently(
      one.ending.signal,
      async (attempt) =>
        (await isStillGranted(options.datasets, entry.rows, standing.joined?.dataset)) &&
        link.upload(federation, entry.offer, entry.bytes, {
          signal: attempt,
          onProgress: (fraction) => hands.progressed(one, 'sending', fraction),
        }),
    );
    if (!reply) {
      const { keepBack } = await import('./kept-back.ts');
      return giveUp(one, await keepBack(ground, controls, entry, residualKey(federation)));
    }
    const contributions = (standing.contributions ??= await openContributions(store, federation));
    await ground.kept(contributions.decided(entry, reply, clock.now()));
    if (reply.type === 'refused') {
      await controls.ended(one.round, false);
      showRefusal(one, reply);
      return hands.letGo(one);
    }
    ground.happened(`Sent update ${entry.round} (${megabytes(entry.bytes.byteLength)}).`);
    one.undoDeadline();
    one.stage = 'averaging';
    one.fraction = null;
    const round = reply.receipt.countedIn ?? one.round;
    const end = standing.ended.get(round);
    if (end !== undefined) {
      await contributions.settled(round, end);
      ground.background(prove());
    }
    // Nothing of an asynchronous round is waited for: the next version may be asked for at once.
    if (end !== undefined || carriesOn(standing)) hands.letGo(one);
    ground.changed();
  }

  function showRefusal(
    one: RoundInHand,
    { refusal, message }: UpdateReply & { readonly type: 'refused' },
  ): void {
    ground.happened(message);
    switch (refusal.kind) {
      case 'round-closed':
      case 'stale-base':
        return ground.notice({ reason: 'late', round: one.round, cause: 'round-closed' });
      case 'not-finite':
      case 'too-large-coordinate':
        return blocks.set({ reason: 'diverged', detail: message });
      case 'not-in-cohort':
      case 'duplicate':
      case 'wrong-codec':
      case 'wrong-federation':
      case 'wrong-length':
      case 'wrong-digest':
      case 'excluded':
      case 'invalid':
        return undefined;
      default:
        return refusal satisfies never;
    }
  }

  /** Whatever is in a version by now is proved to be, as long as the server shows the history that this device knows. */
  async function prove(): Promise<void> {
    const { contributions } = standing;
    if (contributions !== undefined) await ground.kept(contributions.prove(ground.log));
    if (blocks.has('other-history') && standing.checkedIn) {
      standing.checkedIn = false;
      await ground.tell('check-out', { federation });
    }
  }

  const rounds: Rounds = {
    forget,
    async configured(message) {
      const { joined, hand, contributions } = standing;
      if (
        message.federation !== federation ||
        joined === null ||
        joined.pausedAt !== null ||
        standing.superseded ||
        blocks.has('other-history')
      )
        return;
      if (contributions?.has(message.round) === true) return;
      if (hand?.round === message.round) {
        hand.sum?.again();
        return hands.setDeadline(hand, message.deadlineMs);
      }
      if (hand !== undefined && hand.round > message.round) return;
      if (hand?.stage === 'sending' && carriesOn(standing)) {
        following = message;
        return;
      }
      const weaker = weakerRound(joined.terms, message) ?? weakerThanAgreed();
      if (weaker !== undefined) {
        blocks.set({ reason: 'other-terms', detail: weaker });
        await ground.tell('withdraw', { federation, round: message.round, reason: weaker.slice(0, 200) });
        return ground.changed();
      }
      const refusal = ownRefusal(message.privacy, contributions, standing.surveyed.length);
      if (refusal !== undefined) {
        blocks.set({ reason: 'budget-spent', detail: refusal });
        await ground.tell('withdraw', { federation, round: message.round, reason: refusal.slice(0, 200) });
        return ground.changed();
      }
      if (options.limits !== undefined) {
        const beyond = await options.limits.refusal({
          down: message.base.bytes,
          up: standing.view?.updateBytes ?? 0,
        });
        if (beyond !== undefined) {
          blocks.set({ reason: 'own-limit', detail: beyond });
          await ground.tell('withdraw', { federation, round: message.round, reason: 'Its own limit.' });
          return ground.changed();
        }
        options.limits.roundBegan();
      }
      if (standing.hand !== undefined) hands.letGo(standing.hand);
      personal.stop();
      blocks.clear('late', 'diverged', 'gpu-lost', 'oom', 'storage-full', 'frozen-back');
      const one = hands.take(message.round, message);
      hands.setDeadline(one, message.deadlineMs);
      try {
        const entries = await store.outbox.list(federation);
        const trained = entries.find(
          (entry) => entry.round === message.round && entry.offer.base === message.base.digest,
        );
        const entry = trained ?? (await train(one, message));
        if (entry !== undefined) await send(one, entry);
      } catch (failure) {
        if (one.ending.signal.aborted) return;
        if (failure instanceof WrongBytes || failure instanceof JoinRefused) ground.happened(failure.message);
        else options.onFault(failure);
        await giveUp(one, failure instanceof Error ? failure.message : 'Something broke on the device.');
      }
    },
    summing(round, say) {
      const { hand } = standing;
      if (hand !== undefined && hand.round === round && hand.sum !== undefined) say(hand.sum);
    },
    async committed(message) {
      if (message.federation !== federation) return;
      const version = message.counted ? message.version : null;
      standing.ended.set(message.round, version);
      await standing.contributions?.settled(message.round, version);
      await controls.ended(message.round, message.counted);
      ground.background(prove());
      if (standing.joined === null) return;
      standing.justEnded = message.round;
      if (message.counted)
        ground.happened(`Version ${message.version} is there, with this device’s update in it.`);
      const { hand } = standing;
      if (hand?.round !== message.round || carriesOn(standing)) return ground.changed();
      if (hand.stage === 'averaging') hands.letGo(hand);
      else hands.missed(hand, 'round-closed');
    },
    async abandoned(message) {
      if (message.federation !== federation) return;
      standing.ended.set(message.round, null);
      await standing.contributions?.settled(message.round, null);
      await controls.ended(message.round, false);
      if (standing.joined === null) return;
      ground.happened(`Round ${message.round} was abandoned: ${message.reason}`);
      const { hand } = standing;
      if (hand?.round !== message.round || carriesOn(standing)) return;
      hands.letGo(hand);
      await store.checkpoints.remove(checkpointKey(federation));
      await store.outbox.remove(federation, message.round);
    },
    async sendAgain(entry) {
      const one = hands.take(entry.round, null);
      ground.happened(`Sending the update of round ${entry.round}, trained before.`);
      try {
        await send(one, entry);
      } catch (failure) {
        if (one.ending.signal.aborted) return;
        hands.letGo(one);
        throw failure;
      }
    },
    async settleWaiting() {
      try {
        for (const round of (await standing.contributions?.reconcile(link)) ?? []) {
          const { hand } = standing;
          if (hand?.round === round && hand.stage === 'averaging') hands.letGo(hand);
        }
        ground.background(prove());
      } catch (failure) {
        // Asked again at the next connection.
        if (!(failure instanceof LinkLost)) throw failure;
      }
    },
  };
  return rounds;
}
