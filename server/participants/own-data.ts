// The data of headless participants: the built-in sample with a seed each, or the files that a person would drop, divided among
// them. Every process reads the files and keeps its own participants' rows.
import { basename } from 'node:path';
import { readDataPath, type ReadData } from '#lib/adapters/node/data-path.ts';
import { decodeImageInNode } from '#lib/adapters/node/decode-image.ts';
import type { DataContract } from '#lib/core/data/contract.ts';
import { joinExamples, selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { parsePartition, partition } from '#lib/core/data/partition.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { importSample } from '#lib/modalities/import.ts';
import type { ImportReport } from '#lib/modalities/import-report.ts';
import { samples } from '#lib/modalities/samples.ts';
import type { HeadlessSetup } from './setup.ts';

/** The data cannot be used: the message says what to do. */
export class UnusableData extends Error {
  override readonly name = 'UnusableData';
}

export interface OwnData {
  /** 0-based within the whole command. */
  readonly index: number;
  readonly name: string;
  readonly source: string;
  readonly examples: Examples;
}

export interface ReadOwnData {
  readonly own: readonly OwnData[];
  /** Rows that were refused, over all files read. */
  readonly refused: number;
  readonly firstRefusal: string | undefined;
}

const refusalOf = (reports: readonly ImportReport[]): Pick<ReadOwnData, 'refused' | 'firstRefusal'> => ({
  refused: reports.reduce((sum, report) => sum + report.refused, 0),
  firstRefusal: reports.find((report) => report.refusals.length > 0)?.refusals[0]?.message,
});

/** Rejects with UnusableData. */
export async function readOwnData(setup: HeadlessSetup, spec: FederationSpec): Promise<ReadOwnData> {
  return setup.data.type === 'sample' ? sampleData(setup, spec) : pathData(setup, setup.data, spec.contract);
}

async function sampleData(setup: HeadlessSetup, spec: FederationSpec): Promise<ReadOwnData> {
  const { sample } = spec;
  if (sample === null)
    throw new UnusableData('This federation has no built-in sample. Name your data with --data PATH.');
  const own: OwnData[] = [];
  for (const index of setup.indices) {
    const parts: Examples[] = [];
    const { report } = await importSample(
      { sample, seed: setup.seed + index, count: samples[sample].defaultCount },
      spec.contract,
      { append: async (examples) => void parts.push(examples) },
      { decodeImage: decodeImageInNode },
    );
    const examples = joinExamples(parts);
    if (examples === undefined)
      throw new UnusableData(
        `The sample “${samples[sample].title}” gives no example for this contract: ${report.refusals[0]?.message ?? 'nothing was made'}`,
      );
    own.push({ index, name: `Participant ${index + 1}`, source: 'sample', examples });
  }
  return { own, refused: 0, firstRefusal: undefined };
}

async function pathData(
  setup: HeadlessSetup,
  data: Extract<HeadlessSetup['data'], { type: 'paths' }>,
  contract: DataContract,
): Promise<ReadOwnData> {
  const how = parsePartition(data.partition);
  if (!how.ok) throw new UnusableData(how.error.message);
  if (how.value.type === 'by-file') {
    const reports: ImportReport[] = [];
    const own: OwnData[] = [];
    for (const index of setup.indices) {
      const path = data.paths[index];
      if (path === undefined)
        throw new UnusableData(`There are ${data.paths.length} paths for ${setup.clients} participants.`);
      const { examples, report } = await readPaths([path], contract);
      reports.push(report);
      if (examples === undefined)
        throw new UnusableData(
          `Nothing in ${path} could be used: ${report.refusals[0]?.message ?? 'it holds no example'}`,
        );
      own.push({
        index,
        name: basename(path)
          .replace(/\.[a-z0-9.]+$/i, '')
          .slice(0, 40),
        source: path,
        examples,
      });
    }
    return { own, ...refusalOf(reports) };
  }
  const { examples, report } = await readPaths(data.paths, contract);
  if (examples === undefined)
    throw new UnusableData(
      `Nothing in ${data.paths.join(', ')} could be used: ${report.refusals[0]?.message ?? 'it holds no example'}`,
    );
  const parts = partition(examples, setup.clients, how.value, setup.seed);
  if (!parts.ok) throw new UnusableData(parts.error.message);
  const own = setup.indices.map((index) => ({
    index,
    name: `Participant ${index + 1}`,
    source: data.paths.join(', '),
    examples: selectExamples(examples, parts.value[index] ?? new Uint32Array(0)),
  }));
  return { own, ...refusalOf([report]) };
}

async function readPaths(paths: readonly string[], contract: DataContract): Promise<ReadData> {
  try {
    // A folder of published data holds its test files too: those are for judging, never for training.
    return await readDataPath(paths, contract, { part: 'training' });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const missing =
      cause.code === 'ENOENT' && 'path' in cause
        ? `There is nothing at ${String(cause.path)}.`
        : cause.message;
    throw new UnusableData(missing, { cause });
  }
}
