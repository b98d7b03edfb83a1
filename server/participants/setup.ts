// What a process of headless participants is told to do, as it crosses from the parent process, and what it says back: one line
// of JSON each.
import * as v from 'valibot';
import { NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import { Tags } from '#lib/core/federation.ts';
import { FederationId } from '#lib/core/ids.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const HeadlessSetup = v.object({
  url: v.string(),
  federation: FederationId,
  /** Participants of the whole command, and those that this process runs. */
  clients: v.pipe(whole, v.minValue(1)),
  indices: v.array(whole),
  data: v.variant('type', [
    v.object({ type: v.literal('sample') }),
    /** As parsePartition reads it. */
    v.object({ type: v.literal('paths'), paths: v.array(v.string()), partition: v.string() }),
  ]),
  seed: whole,
  /** The directory where each participant keeps its identity and its work; null: in memory. */
  state: v.nullable(v.string()),
  backend: v.picklist([...NODE_BACKENDS, 'auto']),
  /** Labels of each of its participants. */
  tags: v.optional(Tags, []),
  /** The code of an invitation, where only invited devices may join. */
  invitation: v.optional(v.nullable(v.string()), null),
  /** Leave once this many more rounds are committed; null: stay until the run ends. */
  rounds: v.nullable(v.pipe(whole, v.minValue(1))),
  /** What may cross in both directions, for each participant, over all its starts where state is kept; null: no limit. */
  mostBytes: v.exactOptional(v.nullable(whole)),
});
export type HeadlessSetup = v.InferOutput<typeof HeadlessSetup>;

/** `participant` counts from 1. */
export const HeadlessLine = v.variant('type', [
  v.object({
    type: v.literal('data'),
    participant: v.number(),
    name: v.string(),
    training: v.number(),
    heldOut: v.number(),
  }),
  v.object({ type: v.literal('joined'), participant: v.number(), backend: v.string(), reason: v.string() }),
  v.object({
    type: v.literal('state'),
    participant: v.number(),
    state: v.string(),
    round: v.nullable(v.number()),
    blocked: v.nullable(v.string()),
  }),
  /** `notable`: beyond the ordinary course of a round. */
  v.object({ type: v.literal('event'), participant: v.number(), message: v.string(), notable: v.boolean() }),
  /** What a participant's held-out rows say of a version. */
  v.object({
    type: v.literal('evaluation'),
    participant: v.number(),
    version: v.number(),
    metric: MetricName,
    value: v.nullable(v.number()),
    /** The same by the participant's own model; null where there is none. */
    personal: v.nullable(v.number()),
    count: v.number(),
  }),
  /** A round was committed, and its version scored: told once, by the first participant. */
  v.object({
    type: v.literal('round'),
    version: v.number(),
    participants: v.number(),
    metric: MetricName,
    value: v.nullable(v.number()),
    bytesUp: v.number(),
    durationMs: v.nullable(v.number()),
  }),
  v.object({ type: v.literal('refused-rows'), refused: v.number(), first: v.string() }),
  v.object({ type: v.literal('left'), participant: v.number(), rounds: v.number(), reason: v.string() }),
  v.object({ type: v.literal('failure'), message: v.string() }),
]);
export type HeadlessLine = v.InferOutput<typeof HeadlessLine>;
