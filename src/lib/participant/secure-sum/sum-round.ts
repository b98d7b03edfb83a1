// This device in the secure sum of one round, or of one survey: it says what the protocol asks of it as messages come, while training
// goes on, and masks what was trained. The rules are core/secure-sum's; here is what is told, to the server and to the person. Seeds
// live in this object alone; they are wiped when the round ends, whatever its end.
import { aggregationSetting } from '../../core/aggregation/aggregation-setting.ts';
import { strategyOf } from '../../core/aggregation/strategy-spec.ts';
import { bytesOf, digestOf } from '../../core/digest.ts';
import type { FederationSpec } from '../../core/federation.ts';
import type { Result } from '../../core/result.ts';
import { toText } from '../../core/secure-sum/bytes.ts';
import { encodeContribution } from '../../core/secure-sum/encoding.ts';
import { isRingDrawn } from '../../core/secure-sum/graph.ts';
import { weighedBy } from '../../core/secure-sum/groups.ts';
import type { Member } from '../../core/secure-sum/member-state.ts';
import {
  advertise,
  consent,
  mask,
  receive,
  reveal,
  share,
  showNonce,
  wipe,
} from '../../core/secure-sum/member.ts';
import { fewestHonest, sumRefusalSentence, type SumRefusal } from '../../core/secure-sum/member-rules.ts';
import type { Advert, Consent, Forward, Nonce, SumConfig } from '../../core/secure-sum/messages.ts';
import { webPrimitives } from '../../core/secure-sum/primitives.ts';
import { LEAST_COHORT } from '../../core/secure-sum/rules.ts';
import type { Identity } from '../../ports/identity.ts';
import type { OutboxEntry, ParticipantStore } from '../../ports/participant-store.ts';
import type { Answer, ClientMessages, Configured } from '../../protocol/messages.ts';
import { MASKED, type SumTask } from '../../protocol/secure-sum.ts';
import type { Equipment } from '../equipment.ts';
import type { ToSum } from '../form-update.ts';
import { hasPromisedCohort, hasPromisedNoise } from './promised-sum.ts';
import { safetyPhrase } from './safety-phrase.ts';
import { breaksItsWord, type Shown } from './server-word.ts';
import { answersNoMore, willAnswer } from './sum-memory.ts';

type SumName = Extract<keyof ClientMessages, `sum-${string}`>;

export interface SumTalkParts {
  readonly task: SumTask;
  /** What every message is about. */
  readonly about: Pick<ClientMessages['sum-advert'], 'federation' | 'round' | 'survey'>;
  /** Why this device takes no part, before it says anything; undefined: it does. */
  refusal(): Promise<string | undefined>;
  /** What opens the sum is about to leave. */
  answering(): Promise<void>;
  readonly identity: Identity;
  /** Where what the server signed is kept. */
  readonly store: ParticipantStore;
  /** Aborted when the round has ended for this device. */
  readonly signal: AbortSignal;
  /** undefined: the connection went first. */
  tell(name: SumName, message: ClientMessages[SumName]): Promise<Answer | undefined>;
  /** Something to tell the person. */
  happened(sentence: string): void;
  /** The device goes no further in this round. */
  failed(sentence: string): void;
  /** Who is in the sum: so many devices, and a phrase that is the same on all of them. */
  onPeers(peers: SumPeers): void;
}

export interface SumRoundParts extends Omit<SumTalkParts, 'about' | 'refusal' | 'answering'> {
  readonly message: Configured;
}

export interface SumPeers {
  /** Others than this device. */
  readonly count: number;
  readonly phrase: string;
}

/** Makes the words to be masked; `survivors`: the fewest devices of a sum that this one helps to open. */
export type Encode = (survivors: number, draw: (bytes: number) => Uint8Array) => Uint32Array<ArrayBuffer>;

export interface SumTalk {
  roster(shown: Shown): void;
  /** What all of a large roster have drawn. */
  nonces(nonces: readonly Nonce[]): void;
  forward(forward: Forward): void;
  question(summed: readonly number[]): void;
  consents(consents: readonly Consent[]): void;
  /** The connection is back: what was said last is said again. */
  again(): void;
  /** Masked, once the masks of all pairs are known. Rejects where the round ends before. */
  maskWords(encode: Encode): Promise<Uint8Array<ArrayBuffer>>;
}

export interface SumRound extends SumTalk {
  /** What is sent of this update. Rejects where the round ends before. */
  masked(equipment: Equipment, spec: FederationSpec, update: ToSum): Promise<OutboxEntry>;
}

const draw = (bytes: number): Uint8Array => {
  const drawn = new Uint8Array(bytes);
  // The platform gives no more than this at a time.
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(drawn.subarray(at, at + 65_536));
  return drawn;
};

/** What is agreed on must be what is trained: else one model could pass for another, and be asked about twice. */
const isOf = (config: SumConfig, { federation, run, round, base }: Configured): boolean =>
  config.federation === federation &&
  config.run === run &&
  config.round === round &&
  config.version === base.version &&
  config.base === base.digest;

/** Now, where it is already. */
function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

export function createSumTalk(parts: SumTalkParts): SumTalk {
  const { task, signal, about } = parts;
  let member: Member | undefined;
  let said: (() => Promise<Answer | undefined>) | undefined;
  const ready = new AbortController();
  const broken = new AbortController();

  const stop = (reason: unknown): void => {
    broken.abort(reason);
    if (member !== undefined) wipe(member);
    member = undefined;
    said = undefined;
  };
  whenAborted(signal, () => stop(signal.reason));

  const isSent = (): boolean =>
    member?.phase === 'masked' || member?.phase === 'asked' || member?.phase === 'answered';

  async function say<Name extends SumName>(name: Name, content: ClientMessages[Name]): Promise<void> {
    said = () => parts.tell(name, content);
    const answer = await said();
    // What was sent stays in the sum: only the end of the round is waited for.
    if (answer?.ok === false && !signal.aborted && !isSent()) fail(answer.message);
  }
  function fail(sentence: string): void {
    stop(new Error(sentence));
    parts.failed(sentence);
  }

  /** One step after the other, in the order in which messages came. */
  let queue: Promise<void> = Promise.resolve();
  const next = (work: () => Promise<void>): void => {
    queue = queue.then(async () => {
      if (signal.aborted) return;
      try {
        await work();
      } catch (failure) {
        if (!signal.aborted) fail(failure instanceof Error ? failure.message : 'The secure sum broke off.');
      }
    });
  };
  /** The new standing, or undefined with everything said that there is to say. */
  function taken<M extends Member, T>(stepped: Result<readonly [M, T], SumRefusal>): T | undefined {
    if (stepped.ok) {
      member = stepped.value[0];
      return stepped.value[1];
    }
    const sentence = sumRefusalSentence(stepped.error);
    // If the others open it, its vector counts; this device says no more.
    if (isSent()) parts.happened(sentence);
    else fail(sentence);
    return undefined;
  }

  async function shared(roster: readonly Advert[], nonces: readonly Nonce[]): Promise<void> {
    if (member === undefined) return;
    const stepped = await share(member, roster, nonces);
    const keys = taken(stepped);
    if (keys === undefined || !stepped.ok) return;
    const { rosterHash } = stepped.value[0];
    parts.onPeers({ count: roster.length - 1, phrase: safetyPhrase(rosterHash) });
    await say('sum-keys', { ...about, keys });
  }

  next(async () => {
    const refusal = await parts.refusal();
    if (refusal !== undefined) return fail(refusal);
    const { identity } = parts;
    const setting = { config: task.config, slot: task.slot, identity, primitives: webPrimitives, draw };
    const [advertised, advert] = await advertise(setting);
    member = advertised;
    await say('sum-advert', { ...about, advert });
  });

  return {
    roster: (shown) =>
      next(async () => {
        if (member === undefined) return;
        const { roster } = shown;
        const untrue = await breaksItsWord(parts.store, task.config, shown, about.survey === true);
        if (untrue !== undefined) return isSent() ? parts.happened(untrue) : fail(untrue);
        if (member.phase !== 'advertised') return;
        if (!isRingDrawn(roster.length, task.config)) return shared(roster, []);
        const nonce = taken(await showNonce(member, roster));
        if (nonce !== undefined) await say('sum-nonce', { ...about, nonce });
      }),
    nonces: (nonces) =>
      next(async () => {
        if (member?.phase === 'drawn') await shared(member.roster, nonces);
      }),
    forward: (forward) =>
      next(async () => {
        if (member?.phase !== 'shared') return;
        const stepped = await receive(member, forward);
        taken(stepped);
        if (stepped.ok) ready.abort();
      }),
    question: (summed) =>
      next(async () => {
        if (member === undefined) return;
        const signed = taken(await consent(member, summed));
        if (signed !== undefined) await say('sum-consent', { ...about, consent: signed });
      }),
    consents: (consents) =>
      next(async () => {
        if (member?.phase !== 'asked' && member?.phase !== 'answered') return;
        const answer = taken(await reveal(member, consents));
        if (answer === undefined) return;
        await parts.answering();
        await say('sum-reveal', { ...about, reveal: answer });
      }),
    again: () => void next(async () => void (await said?.())),
    async maskWords(encode) {
      await new Promise<void>((resolve, reject) => {
        whenAborted(broken.signal, () => reject(broken.signal.reason));
        whenAborted(ready.signal, resolve);
      });
      if (member?.phase !== 'ready') throw new Error('The secure sum broke off.');
      const words = encode(fewestHonest(member.roster.length, task.config, LEAST_COHORT), draw);
      return new Promise((resolve, reject) => {
        whenAborted(broken.signal, () => reject(broken.signal.reason));
        next(async () => {
          if (member === undefined) return reject(new Error('The secure sum broke off.'));
          const masked = taken(await mask(member, words));
          if (masked === undefined) return reject(new Error('The secure sum broke off.'));
          resolve(Uint8Array.from(bytesOf(masked)));
        });
      });
    },
  };
}

export function createSumRound({ message, ...parts }: SumRoundParts): SumRound {
  const { task, store } = parts;
  const { federation, round } = message;
  const talk = createSumTalk({
    ...parts,
    about: { federation, round },
    refusal: async () =>
      isOf(task.config, message)
        ? answersNoMore(store, task.config)
        : 'The server says another round or version of the secure sum than it asks to train for: the update is not sent.',
    answering: () => willAnswer(store, task.config),
  });
  return {
    ...talk,
    async masked(equipment, spec, update) {
      const strategy = 'sums' in equipment ? equipment.sums.strategy : strategyOf(spec.strategy);
      if (!hasPromisedNoise(spec.privacy, task.config))
        throw new Error(
          'The server asks for an update with other noise than the federation promises: it is not sent.',
        );
      if (!hasPromisedCohort(spec, task.config))
        throw new Error(
          'The server lays the secure sum out for other devices in league with it, for fewer who stay, or in other groups, than the federation promises: the update is not sent.',
        );
      const { examples, steps, baseLoss, values } = update;
      const bytes = await talk.maskWords((survivors, drawn) =>
        encodeContribution(task.config, task.slot, {
          values,
          facts: { examples, steps, baseLoss, staleness: 0 },
          strategy: weighedBy(strategy),
          setting: aggregationSetting(
            { ...spec, plan: message.plan },
            equipment.parameterCount,
            task.config.cohort,
          ),
          rounding: toText(drawn(16)),
          survivors,
          draw: drawn,
        }),
      );
      return {
        federation,
        round,
        // What it was trained on rides in the sum: here every device says the same.
        offer: {
          round,
          base: message.base.digest,
          codec: MASKED,
          bytes: bytes.byteLength,
          digest: digestOf(bytes),
          examples: 1,
          steps: 1,
          baseLoss: null,
        },
        bytes,
      };
    },
  };
}
