// What one more client update costs the server: folding it in against copying the same bytes, and the memory that a hundred
// of them take. Ratios of two measurements in one run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fedavg } from '../src/lib/core/aggregation/fedavg.ts';
import { addChunk, fixedPointSum, quantumFor } from '../src/lib/core/aggregation/fixed-point-sum.ts';
import { bytesOf, participantIdOf } from '../src/lib/core/digest.ts';
import { FederationId, RoundNumber, VersionNumber } from '../src/lib/core/ids.ts';
import { random } from '../src/lib/core/random.ts';
import type { Report } from '../src/lib/core/round/round-state.ts';
import { updateCheck } from '../src/lib/core/update/check-update.ts';
import { MAXIMUM_COORDINATE } from '../src/lib/protocol/limits.ts';
import { fileBlobs } from '../server/adapters/file-blobs.ts';
import { folding } from '../server/coordinator/folding.ts';
import { CHUNK_BYTES, readBase } from '../server/coordinator/stored-updates.ts';
import * as v from 'valibot';
import { fastest, fastestAsync, rounded } from './measure.ts';
import type { Row } from './row.ts';

const EXAMPLES = 600;

/** The CNN of McMahan et al. 2017 has 1,663,370 parameters: 6.65 MB an update. */
const CNN = 1_663_370;

function updateOf(parameters: number, seed: number): Float32Array<ArrayBuffer> {
  const draws = random(seed, 'update');
  return Float32Array.from({ length: parameters }, () => (draws.next() - 0.5) * 0.02);
}

/** Time of the arithmetic alone, and of the whole way from the spooled file, each against copying the same bytes likewise. */
export async function foldingTime(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
  try {
    const update = updateOf(CNN, 1);
    const source = bytesOf(update);
    const copy = new Uint8Array(source.length);
    const scratch = new ArrayBuffer(CHUNK_BYTES);
    const window = new Uint8Array(scratch);
    const sum = fixedPointSum(CNN, quantumFor(EXAMPLES * 1000, MAXIMUM_COORDINATE));

    const copied = fastest(50, () => {
      for (let at = 0; at < source.length; at += CHUNK_BYTES)
        copy.set(source.subarray(at, at + CHUNK_BYTES), at);
    });
    const folded = fastest(50, () => {
      for (let at = 0; at < source.length; at += CHUNK_BYTES) {
        const part = source.subarray(at, at + CHUNK_BYTES);
        window.set(part);
        addChunk(sum, at / 4, new Float32Array(scratch, 0, part.length / 4), EXAMPLES);
      }
    });
    const checked = fastest(50, () => {
      const check = updateCheck(CNN, MAXIMUM_COORDINATE);
      check.add(update);
      check.finish();
    });

    const blobs = await fileBlobs(directory);
    const digest = await blobs.put(source);
    const readAndCopied = await fastestAsync(30, () =>
      blobs.read(digest, scratch, (chunk, offset) => copy.set(chunk, offset)),
    );
    const readAndFolded = await fastestAsync(30, () =>
      blobs.read(digest, scratch, (chunk, offset) =>
        addChunk(sum, offset / 4, new Float32Array(scratch, 0, chunk.length / 4), EXAMPLES),
      ),
    );
    return [
      {
        name: 'Folding in one spooled update of 1.66M parameters, against copying it',
        value: rounded(readAndFolded / readAndCopied),
        unit: '×',
        target: '≤ 3',
        ok: readAndFolded / readAndCopied <= 3,
      },
      {
        name: 'The arithmetic of folding alone, against copying in memory',
        value: rounded(folded / copied),
        unit: '×',
        target: null,
        ok: true,
      },
      {
        name: 'Folding in one spooled update, 6.65 MB',
        value: rounded(readAndFolded),
        unit: 'ms',
        target: null,
        ok: true,
      },
      { name: 'Checking its values before', value: rounded(checked), unit: 'ms', target: null, ok: true },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Memory that a round of 100 updates of 1M parameters takes beyond its base, in models of 4 MB. */
export async function foldingMemory(updates = 100, parameterCount = 1_000_000): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
  try {
    const blobs = await fileBlobs(directory);
    const base = await blobs.put(bytesOf(updateOf(parameterCount, 0)));
    // Ten different ones, each standing for ten devices: what is measured is memory, not disk.
    const digests = [];
    for (let seed = 1; seed <= Math.min(10, updates); seed += 1)
      digests.push(await blobs.put(bytesOf(updateOf(parameterCount, seed))));
    const collect = globalThis.gc;
    if (collect === undefined)
      throw new Error('Run with --expose-gc: garbage of before would be counted as free.');
    // Buffers are given back some time after they are collected.
    for (let i = 0; i < 5; i += 1) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Nothing is collected from here on but by the engine's own choice: the peak is what a server really holds.
    const used = (): number => {
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = used();
    let peak = 0;
    const plan = {
      federation: v.parse(FederationId, 'bench'),
      strategy: fedavg,
      setting: {
        parameterCount,
        options: {},
        training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
        population: updates,
      },
      quantum: quantumFor(EXAMPLES * updates, MAXIMUM_COORDINATE),
    };
    const state = folding(blobs, plan);
    for (let index = 0; index < updates; index += 1) {
      const update = digests[index % digests.length];
      if (update === undefined) throw new Error('There is no update to fold.');
      const participant = participantIdOf(Uint8Array.of(index, index >> 8));
      const report: Report = {
        participant,
        round: v.parse(RoundNumber, 1),
        base,
        version: v.parse(VersionNumber, 0),
        staleness: 0,
        update,
        bytes: parameterCount * 4,
        codec: 'f32',
        examples: EXAMPLES,
        steps: 60,
        baseLoss: null,
        norm: 1,
        at: index,
      };
      await state.add(report, true);
      peak = Math.max(peak, used());
    }
    const made = await state.finish(
      await readBase(blobs, plan, { digest: base, state: null, residual: null }),
    );
    peak = Math.max(peak, used());
    if (!made.ok) throw new Error(made.error.kind);
    const models = (peak - before) / (parameterCount * 4);
    const kept = made.value.parameters.length;
    return [
      {
        name: `Peak memory for ${updates} updates of ${kept / 1e6}M parameters, in models beyond the idle server`,
        value: rounded(models),
        unit: 'models',
        target: 'base + ≤ 4',
        ok: models <= 5,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const run = async (): Promise<Row[]> => [...(await foldingTime()), ...(await foldingMemory())];
