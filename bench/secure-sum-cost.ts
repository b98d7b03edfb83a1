// What one secure sum costs: a whole round of devices in one process, by processor time (the machine need not be quiet for that), in
// bytes, and against the figures that Bonawitz et al. 2017 print. Every device is played whole: `a device` is the mean of all of them.
import type { SumAttempt, SumEvent } from '../src/lib/core/secure-sum/attempt-state.ts';
import { openAttempt, stepSum } from '../src/lib/core/secure-sum/attempt.ts';
import { fromText, toText } from '../src/lib/core/secure-sum/bytes.ts';
import { addWords, totalWords } from '../src/lib/core/secure-sum/masked-words.ts';
import {
  advertise,
  consent,
  mask,
  receive,
  reveal,
  share,
  showNonce,
  type Member,
} from '../src/lib/core/secure-sum/member.ts';
import type { Graph } from '../src/lib/core/secure-sum/graph.ts';
import { leavingOf } from '../src/lib/core/secure-sum/neighbourhood.ts';
import { SEALED_BYTES, type Forward } from '../src/lib/core/secure-sum/messages.ts';
import { webPrimitives as primitives } from '../src/lib/core/secure-sum/primitives.ts';
import { recoverSeeds, takeMasksOff } from '../src/lib/core/secure-sum/recover.ts';
import { coordinateWords, tailWords } from '../src/lib/core/secure-sum/encoding.ts';
import { bytesOf, digestOf } from '../src/lib/core/digest.ts';
import { laneMask, type RingBits } from '../src/lib/core/update/codec/ring-lanes.ts';
import { memoryIdentity } from '../src/lib/adapters/memory/identity.ts';
import { sumConfig } from '../test/support/sum-config.ts';
import { rounded } from './measure.ts';
import type { Row } from './row.ts';

/** Bonawitz et al. 2017, table 2: 500 devices of 100,000 values, 0.85 s a device, 62 s the server with a tenth gone; figure 6: 1.98 ×. */
export const bonawitz = { device: 0.85, server: 62, expansion: 1.98 } as const;

const draw = (bytes: number): Uint8Array => {
  const drawn = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(drawn.subarray(at, at + 65_536));
  return drawn;
};

interface Cost {
  /** Seconds of processor time: the mean device, and the server from the first answer on. */
  readonly device: number;
  readonly server: number;
  /** Bytes of the mean device, up, over those of its vector alone. */
  readonly expansion: number;
  readonly vectorBytes: number;
  readonly largestMessage: number;
  /** Of each device on the graph. */
  readonly neighbours: number;
  readonly isExact: boolean;
}

/** `drops` devices go after they have shared their keys. */
export async function costOf(devices: number, drops: number, length: number, bits: RingBits): Promise<Cost> {
  const config = sumConfig({
    bits,
    length,
    words: coordinateWords(length, bits),
    tail: tailWords(0),
    cohort: devices,
    // As the form has it: a tenth in league, and 130 % of the goal asked.
    colluding: 0.1,
    leaving: leavingOf({ overSelection: 1.3 }),
  });
  const words = totalWords(config);
  let ofDevices = 0;
  let ofServer = 0;
  let up = 0;
  let largestMessage = 0;
  const timed = async <T>(add: (seconds: number) => void, work: () => Promise<T>): Promise<T> => {
    const before = process.cpuUsage();
    const done = await work();
    const { user, system } = process.cpuUsage(before);
    add((user + system) / 1e6);
    return done;
  };
  const onDevice = <T>(work: () => Promise<T>): Promise<T> =>
    timed((seconds) => (ofDevices += seconds), work);
  const sent = (message: unknown): void => {
    const bytes = JSON.stringify(message).length;
    up += bytes;
    largestMessage = Math.max(largestMessage, bytes);
  };
  const must = <T>(
    result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
  ): T => {
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value;
  };
  const slots = Array.from({ length: devices }, (_, slot) => slot);
  let attempt: SumAttempt = openAttempt(config, slots);
  const inPhase = <Phase extends SumAttempt['phase']>(
    phase: Phase,
  ): Extract<SumAttempt, { phase: Phase }> => {
    const now: SumAttempt = attempt;
    if (now.phase !== phase) throw new Error(`The sum is in ${now.phase}, not in ${phase}.`);
    return now as Extract<SumAttempt, { phase: Phase }>;
  };
  const feed = (event: SumEvent): ReturnType<typeof stepSum> => {
    const step = stepSum(attempt, event);
    attempt = step.attempt;
    return step;
  };
  const members: Member[] = [];
  for (const slot of slots) {
    const identity = await memoryIdentity();
    const [member, advert] = await onDevice(() => advertise({ config, slot, identity, primitives, draw }));
    members.push(member);
    sent(advert);
    feed({ type: 'advert', advert });
  }
  if (attempt.phase === 'drawing')
    for (const slot of slots) {
      const { roster } = inPhase('drawing');
      const [member, nonce] = must(await onDevice(() => showNonce(members[slot]!, roster)));
      members[slot] = member;
      sent(nonce);
      feed({ type: 'nonce', nonce });
    }
  const { roster, nonces } = inPhase('sharing');
  let graph: Graph | undefined;
  const sealed: Uint8Array[] = [];
  for (const slot of slots) {
    const [member, keys] = must(await onDevice(() => share(members[slot]!, roster, nonces)));
    members[slot] = member;
    graph ??= member.graph;
    sent(keys);
    sealed.push(fromText(keys.sealed));
    feed({ type: 'keys', keys });
  }
  const neighbours = graph?.sizes.neighbours ?? 0;
  const forwardTo = (slot: number): Forward =>
    (graph?.neighboursOf(slot) ?? []).map((from) => {
      const at = (graph?.neighboursOf(from) ?? []).indexOf(slot) * SEALED_BYTES;
      return { slot: from, sealed: toText(sealed[from]!.subarray(at, at + SEALED_BYTES)) };
    });
  const sum = new Uint32Array(words);
  const expected = new Uint32Array(words);
  // The first ones go after they have shared their keys.
  for (const slot of slots.slice(drops)) {
    const vector = new Uint32Array(words);
    for (let i = 0; i < words; i += 1)
      vector[i] = Math.imul(i + 1, 2654435761 + slot) & (i < config.words ? laneMask(bits) : -1);
    addWords(expected, vector, config, 1);
    const forward = forwardTo(slot);
    const masked = await onDevice(async () => {
      const [ready] = must(await receive(members[slot]!, forward));
      const [member, made] = must(await mask(ready, vector));
      members[slot] = { ...member, masked: new Uint32Array(0) };
      return made;
    });
    up += 4 * words;
    await timed(
      (seconds) => (ofServer += seconds),
      async () => addWords(sum, masked, config, 1),
    );
    feed({ type: 'masked', slot, update: digestOf(bytesOf(masked).subarray(0, 64)) });
  }
  feed({ type: 'close' });
  const summed = slots.slice(drops);
  for (const slot of summed) {
    const [member, said] = must(await onDevice(() => consent(members[slot]!, summed)));
    members[slot] = member;
    sent(said);
    feed({ type: 'consent', consent: said });
  }
  const { consents } = inPhase('revealing');
  for (const slot of summed) {
    const [, answer] = must(await onDevice(() => reveal(members[slot]!, consents)));
    sent(answer);
    feed({ type: 'reveal', reveal: answer });
  }
  const revealing = inPhase('revealing');
  await timed(
    (seconds) => (ofServer += seconds),
    async () => takeMasksOff(sum, revealing, must(await recoverSeeds(revealing, primitives)), primitives),
  );
  return {
    device: ofDevices / devices,
    server: ofServer,
    expansion: up / summed.length / (4 * words),
    vectorBytes: 4 * words,
    largestMessage,
    neighbours,
    isExact: expected.every((word, i) => word === sum[i]),
  };
}

export async function costRows(
  title: string,
  cost: Cost,
  targets: { readonly device?: number; readonly server?: number; readonly expansion?: number },
): Promise<Row[]> {
  const row = (name: string, value: number, unit: string, most: number | undefined): Row => ({
    name: `${title}: ${name}`,
    value: rounded(value, 3),
    unit,
    target: most === undefined ? null : `≤ ${most}`,
    ok: cost.isExact && (most === undefined || value <= most),
  });
  return [
    row('a device, processor time', cost.device, 's', targets.device),
    row('the server, processor time', cost.server, 's', targets.server),
    row('bytes up a device, over its vector', cost.expansion, '×', targets.expansion),
    row('a vector', cost.vectorBytes / 1e6, 'MB', undefined),
    row('the largest message', cost.largestMessage / 1024, 'KiB', 64),
    row('neighbours of a device', cost.neighbours, '', undefined),
  ];
}
