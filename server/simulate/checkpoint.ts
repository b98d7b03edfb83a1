// Where a simulation stands between two rounds, and its state file: a line of JSON, then the bytes that it names. The file is
// replaced whole, so that a process killed at any moment leaves the present one or the one before.
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import * as v from 'valibot';
import { NODE_BACKENDS, type NodeBackend } from '#lib/adapters/engines/node.ts';
import { bytesOf } from '#lib/core/digest.ts';
import { Digest } from '#lib/core/ids.ts';
import type { PresenceState } from './presence.ts';
import { KeptRecords } from './round-records.ts';
import { SimulationSetup, UnusableSetup } from './setup.ts';
import type { DeviceMemory } from './workbench.ts';

export interface Checkpoint {
  readonly elapsedMs: number;
  readonly presence: PresenceState;
  readonly records: KeptRecords;
  readonly memories: readonly { readonly index: number; readonly memory: DeviceMemory }[];
  readonly bytesDown: number;
  readonly deviceMs: number;
  /** The versions that each device keeps. */
  readonly held: readonly { readonly index: number; readonly versions: readonly Digest[] }[];
  /** Of the newest version: its parameters and its anchor's, and what the server remembers with it. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/** What a simulation is begun with, and must be gone on with. */
export interface Begun {
  readonly setup: SimulationSetup;
  /** Over all rows and how they are divided. */
  readonly data: Digest;
  readonly backend: NodeBackend | 'reference';
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Header = v.object({
  tributary: v.literal('simulation/1'),
  setup: SimulationSetup,
  data: Digest,
  backend: v.picklist([...NODE_BACKENDS, 'reference']),
  elapsedMs: v.number(),
  presence: v.object({
    present: v.array(whole),
    absent: v.array(v.object({ index: whole, untilMs: v.number() })),
  }),
  records: KeptRecords,
  bytesDown: whole,
  /** An earlier program did not count it. */
  deviceMs: v.optional(v.number(), 0),
  held: v.array(v.object({ index: whole, versions: v.array(Digest) })),
  blobs: v.array(v.object({ digest: Digest, bytes: whole })),
  /** What devices remember, in the order of its bytes. */
  memories: v.array(
    v.object({ index: whole, name: v.picklist(['residual', 'control', 'own']), bytes: whole }),
  ),
  /** SHA-256 over all bytes after this line. */
  rest: Digest,
});

const MEMORIES = ['residual', 'control', 'own'] as const;
const NEW_LINE = 10;

/** Rejects with Node's error where it cannot be written. */
export async function writeCheckpoint(path: string, begun: Begun, at: Checkpoint): Promise<void> {
  const blobs = [...at.blobs];
  const memories = at.memories.flatMap(({ index, memory }) =>
    MEMORIES.flatMap((name) => {
      const values = memory[name];
      return values === undefined ? [] : [{ index, name, bytes: bytesOf(values) }];
    }),
  );
  const parts = [...blobs.map(([, bytes]) => bytes), ...memories.map(({ bytes }) => bytes)];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const header: v.InferInput<typeof Header> = {
    tributary: 'simulation/1',
    ...begun,
    elapsedMs: at.elapsedMs,
    presence: {
      present: [...at.presence.present],
      absent: at.presence.absent.map((one) => ({ ...one })),
    },
    records: at.records,
    bytesDown: at.bytesDown,
    deviceMs: at.deviceMs,
    held: at.held.map(({ index, versions }) => ({ index, versions: [...versions] })),
    blobs: blobs.map(([digest, bytes]) => ({ digest, bytes: bytes.length })),
    memories: memories.map(({ index, name, bytes }) => ({ index, name, bytes: bytes.length })),
    rest: hash.digest('hex'),
  };
  const draft = `${path}.part`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(header)}\n`);
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Rejects with UnusableSetup where there is no whole state file of this version of the program. */
export async function readCheckpoint(
  path: string,
): Promise<{ readonly begun: Begun; readonly at: Checkpoint }> {
  const unusable = (why: string, cause?: unknown): UnusableSetup =>
    new UnusableSetup(`--resume ${path}: ${why} Begin anew with --state PATH.`, { cause });
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unusable(isMissing ? 'there is no such file.' : `it cannot be read: ${String(cause)}.`, cause);
  }
  const end = bytes.indexOf(NEW_LINE);
  const header = v.safeParse(
    v.pipe(v.string(), v.parseJson(), Header),
    bytes.toString('utf8', 0, Math.max(0, end)),
  );
  if (!header.success) throw unusable('it is not the state of a simulation.');
  const {
    blobs,
    memories,
    rest,
    elapsedMs,
    presence,
    records,
    bytesDown,
    deviceMs,
    held,
    setup,
    data,
    backend,
  } = header.output;
  const after = bytes.subarray(end + 1);
  if (createHash('sha256').update(after).digest('hex') !== rest) throw unusable('it is damaged.');
  let at = 0;
  const next = (length: number): Uint8Array<ArrayBuffer> => {
    const part = new Uint8Array(after.subarray(at, at + length));
    at += length;
    return part;
  };
  return {
    begun: { setup, data, backend },
    at: {
      elapsedMs,
      presence,
      records,
      bytesDown,
      deviceMs,
      held,
      blobs: new Map(blobs.map((one) => [one.digest, next(one.bytes)])),
      memories: memories.map(({ index, name, bytes: length }) => ({
        index,
        memory: { [name]: new Float32Array(next(length).buffer) },
      })),
    },
  };
}
