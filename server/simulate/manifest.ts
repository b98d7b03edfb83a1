// What a simulation was made of, and what it made round by round: whoever has this and the data can have it again (again.ts) to the same
// bits. Where a simulation stands, so that it can be gone on with, is checkpoint.ts.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import * as v from 'valibot';
import { NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { canonicalText } from '#lib/core/canonical.ts';
import { datasetVersion } from '#lib/core/data/dataset-version.ts';
import { digestOfText } from '#lib/core/digest.ts';
import { FederationSpec } from '#lib/core/federation.ts';
import { Digest, ParticipantId } from '#lib/core/ids.ts';
import { cohortOf, type EndedRound } from '#lib/core/round/round-state.ts';
import { ProgramUsed, programUsed } from '../program-used.ts';
import type { Begun } from './checkpoint.ts';
import type { SimulationData } from './data.ts';
import type { SimulatedDevice } from './devices.ts';
import { SimulationSetup, UnusableSetup } from './setup.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const RecordedRound = v.strictObject({
  round: whole,
  /** null: it was abandoned, and made none. */
  version: v.nullable(whole),
  /** SHA-256 of the version's parameters, [P] float32. */
  weights: v.nullable(Digest),
  /** Devices that were asked to train, in the order in which they were picked; of a buffer, whoever had a place in it. */
  cohort: v.array(whole),
  /** Devices whose updates were accepted, in the order in which the strategy took them in. */
  added: v.array(whole),
});
export type RecordedRound = v.InferOutput<typeof RecordedRound>;

const RecordedDevice = v.strictObject({
  device: whole,
  participant: ParticipantId,
  rows: whole,
  /** Of its rows, as a real device would name them (core/data/dataset-version.ts). */
  data: Digest,
  role: v.picklist(['trains', 'held-out', 'hostile', 'root']),
});

export const SimulationManifest = v.strictObject({
  tributary: v.literal('simulation-manifest/1'),
  ...ProgramUsed.entries,
  /** The engine that trained: `auto` has become one. */
  backend: v.picklist([...NODE_BACKENDS, 'reference']),
  /** Its seed is that of everything that chance decides. Paths are relative to the folder of the manifest. */
  setup: SimulationSetup,
  spec: FederationSpec,
  /** SHA-256 of its canonical JSON. */
  specDigest: Digest,
  /** Over all rows and how they are divided. */
  data: Digest,
  /** The rows that judge. */
  test: v.strictObject({ rows: whole, data: Digest }),
  /**
   * What the order of `added` is: of arrival, where the updates are summed exactly and another order would make the same bits; or of
   * participants' ids, the trusted ones first, where they are compared with each other.
   */
  order: v.picklist(['arrival', 'ids']),
  /** null: it was stopped before its end. */
  finished: v.nullable(
    v.strictObject({
      rounds: whole,
      weights: Digest,
      outcome: v.string(),
      /** On the test rows, by which a run on another engine is compared. */
      figures: v.record(v.string(), v.number()),
      /** SHA-256 of what the models that it was held against came to, as a line of JSON; null: it was held against none. */
      references: v.nullable(Digest),
    }),
  ),
  devices: v.array(RecordedDevice),
  rounds: v.array(RecordedRound),
});
export type SimulationManifest = v.InferOutput<typeof SimulationManifest>;

/** Before any round. */
export function beginManifest(
  { setup, data: all, backend }: Begun,
  spec: FederationSpec,
  { contract, training, test }: SimulationData,
  devices: readonly SimulatedDevice[],
): SimulationManifest {
  const plain = v.parse(FederationSpec, JSON.parse(JSON.stringify(spec)));
  return {
    tributary: 'simulation-manifest/1',
    ...programUsed(),
    backend,
    setup,
    spec: plain,
    specDigest: digestOfText(canonicalText(plain)),
    data: all,
    test: { rows: test.count, data: datasetVersion(contract).add(test.hashes).finish() },
    order: orderOf(spec),
    finished: null,
    devices: devices.map(({ index, participant, rows, ...device }) => ({
      device: index,
      participant,
      rows: rows.length,
      data: datasetVersion(contract).add(hashesOf(training.hashes, rows)).finish(),
      role: device.isRoot ? 'root' : device.isHostile ? 'hostile' : device.isHeldOut ? 'held-out' : 'trains',
    })),
    rounds: [],
  };
}

/** [rows, 2] of [all rows, 2] */
const hashesOf = (all: Uint32Array, rows: Uint32Array): Uint32Array =>
  Uint32Array.from({ length: 2 * rows.length }, (_, at) => all[2 * rows[at >> 1]! + (at & 1)]!);

/** Of coordinator/folding.ts and coordinator/comparing.ts. */
const orderOf = (spec: FederationSpec): SimulationManifest['order'] =>
  'network' in spec && strategyOf(spec.strategy).needs === 'individual' ? 'ids' : 'arrival';

/** `accepted`: whose updates were, as they came; `made`: undefined where the round made no version. */
export function recordedRound(
  { spec, devices }: { readonly spec: FederationSpec; readonly devices: readonly SimulatedDevice[] },
  ended: EndedRound,
  accepted: readonly ParticipantId[],
  made?: { readonly version: number; readonly digest: Digest },
): RecordedRound {
  const known = new Map(devices.map((device) => [device.participant, device]));
  const found = (all: readonly ParticipantId[]): SimulatedDevice[] =>
    all.flatMap((one) => known.get(one) ?? []);
  const came = found(accepted);
  const added =
    orderOf(spec) === 'arrival'
      ? came
      : came.toSorted(
          (a, b) => Number(b.isRoot) - Number(a.isRoot) || (a.participant < b.participant ? -1 : 1),
        );
  return {
    round: ended.round,
    version: made?.version ?? null,
    weights: made?.digest ?? null,
    cohort: found(cohortOf(ended).map(({ candidate }) => candidate.participant)).map(({ index }) => index),
    added: added.map(({ index }) => index),
  };
}

/** JSON, a line for each device and each round: two of them can be compared by eye. */
export function manifestText({ devices, rounds, ...head }: SimulationManifest): string {
  const lines = (list: readonly unknown[]): string =>
    list.length === 0 ? '[]' : `[\n${list.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n ]`;
  const members = Object.entries(head).map(
    ([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{\n${[...members, ` "devices": ${lines(devices)}`, ` "rounds": ${lines(rounds)}`].join(',\n')}\n}\n`;
}

/** Replaces the file whole. Rejects with UnusableSetup where it cannot be written. */
export async function writeManifest(path: string, manifest: SimulationManifest): Promise<void> {
  const draft = `${path}.part`;
  const setup = withPaths(manifest.setup, (one) => relative(dirname(resolve(path)), resolve(one)));
  try {
    await writeFile(draft, manifestText({ ...manifest, setup }));
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new UnusableSetup(`--manifest ${path}: it cannot be written: ${String(cause)}.`, { cause });
  }
}

/** Rejects with UnusableSetup where there is none. */
export async function readManifest(path: string): Promise<SimulationManifest> {
  const unusable = (why: string, cause: unknown): UnusableSetup =>
    new UnusableSetup(`--again ${path}: ${why} Name a file that simulate --manifest has written.`, { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unusable(isMissing ? 'there is no such file.' : `it cannot be read: ${String(cause)}.`, cause);
  }
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), SimulationManifest), text);
  if (!read.success)
    throw unusable('it is no manifest of a simulation, or it was changed by hand.', read.issues);
  const { setup } = read.output;
  return { ...read.output, setup: withPaths(setup, (one) => resolve(dirname(path), one)) };
}

function withPaths(setup: SimulationSetup, made: (path: string) => string): SimulationSetup {
  const { data, test } = setup;
  return {
    ...setup,
    data: data.type === 'paths' ? { ...data, paths: data.paths.map(made) } : data,
    test: test === null ? null : test.map(made),
  };
}
