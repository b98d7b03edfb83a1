// `tributary participate`: headless participants, the same participant as in a browser tab, over a few processes.
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { NODE_BACKENDS } from '#lib/adapters/engines/node.ts';
import type { FederationId } from '#lib/core/ids.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { parsePartition } from '#lib/core/data/partition.ts';
import { startHeadlessParticipants } from '../participants/start-participants.ts';
import type { HeadlessLine, HeadlessSetup } from '../participants/setup.ts';
import { federationOf, invitationOf, tagsOf, urlOf, wholeFrom } from '../arguments.ts';

const partitionOf = (text: string): string => {
  const read = parsePartition(text);
  if (!read.ok) throw new InvalidArgumentError(read.error.message);
  return text;
};
const backendOf = (text: string): HeadlessSetup['backend'] => {
  const backend = text === 'auto' ? text : NODE_BACKENDS.find((name) => name === text);
  if (backend !== undefined) return backend;
  throw new InvalidArgumentError(`One of ${NODE_BACKENDS.join(', ')}, auto.`);
};
const sizeOf = (text: string): number => {
  const read = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB)$/i.exec(text.trim());
  const bytes = Number(read?.[1]) * ({ kb: 1e3, mb: 1e6, gb: 1e9 }[read?.[2]?.toLowerCase() ?? ''] ?? NaN);
  if (bytes > 0) return Math.round(bytes);
  throw new InvalidArgumentError('A size as 500kB, 20MB or 1.5GB.');
};
const collected = (path: string, before: readonly string[] = []): readonly string[] => [...before, path];

interface Flags {
  readonly url: string;
  readonly federation: FederationId;
  readonly data?: readonly string[];
  readonly sample?: true;
  readonly clients?: number;
  readonly partition: string;
  readonly seed: number;
  readonly backend: HeadlessSetup['backend'];
  readonly processes?: number;
  readonly rounds?: number;
  readonly mostBytes?: number;
  readonly tags?: HeadlessSetup['tags'];
  readonly invitation?: string;
  readonly state?: string;
  readonly certificate?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  const command = program
    .command('participate')
    .description('take part in a federation without a browser: one command, many participants')
    .requiredOption('--url <address>', 'the server, such as http://localhost:3000', urlOf)
    .requiredOption('--federation <id>', 'the federation to take part in', federationOf)
    .option('--data <path>', 'a file or folder that a person would drop; may be given again', collected)
    .option('--sample', 'the federation’s built-in sample, another one for each participant')
    .option(
      '--clients <number>',
      'participants (default: 10, or one a path with --partition by-file)',
      wholeFrom(1),
    )
    .option(
      '--partition <how>',
      'iid, shards:2, labels:2, dirichlet:0.5, dirichlet-participant:0.5, quantity:0.5 or by-file',
      partitionOf,
      'iid',
    )
    .option('--seed <number>', 'of the partition, or of the first participant’s sample', wholeFrom(0), 1)
    .option(
      '--backend <name>',
      'gpu or jax-webgpu (where the package webgpu is installed), simd, jax-wasm, wasm, cpu, or auto: the fastest that passes the self-test',
      backendOf,
      'auto',
    )
    .option('--processes <number>', 'processes to spread them over (default: one a core)', wholeFrom(1))
    .option(
      '--certificate <path>',
      'trust this PEM file: the certificate of a server started with --https (data/tls/cert.pem)',
    )
    .option('--tags <a,b>', 'labels of these participants, for federations that ask for some', tagsOf)
    .option(
      '--invitation <link>',
      'the invitation link that you were sent, where only invited devices may join; each participant counts as one',
      invitationOf,
    )
    .option('--rounds <number>', 'leave after this many committed rounds', wholeFrom(1))
    .option(
      '--most-bytes <size>',
      'leave before more than this has crossed, up and down together, for each participant: 20MB, 1.5GB',
      sizeOf,
    )
    .option(
      '--state <directory>',
      'keep each participant’s key, unsent update, receipts, SCAFFOLD’s control and a model of its own there: stopped or killed, the same command comes back as the same participants and sends what they had trained (default: in memory)',
    )
    .option('--json', 'one line of JSON for each thing that happens');
  command.action(async (flags: Flags) => {
    if ((flags.data === undefined) === (flags.sample === undefined))
      command.error('tributary: name your data with --data PATH, or take --sample: one of the two.');
    const byFile = flags.partition === 'by-file';
    const paths = flags.data ?? [];
    const clients = flags.clients ?? (byFile ? paths.length : 10);
    if (byFile && clients > paths.length)
      command.error(
        `tributary: ${clients} participants need ${clients} paths with --partition by-file; there are ${paths.length}.`,
      );
    let failed = false;
    const participants = startHeadlessParticipants({
      url: flags.url,
      federation: flags.federation,
      clients,
      data:
        flags.sample === true
          ? { type: 'sample' }
          : { type: 'paths', paths: [...paths], partition: flags.partition },
      seed: flags.seed,
      backend: flags.backend,
      rounds: flags.rounds ?? null,
      mostBytes: flags.mostBytes ?? null,
      ...(flags.processes === undefined ? {} : { processes: flags.processes }),
      ...(flags.tags === undefined ? {} : { tags: flags.tags }),
      ...(flags.invitation === undefined ? {} : { invitation: flags.invitation }),
      ...(flags.state === undefined ? {} : { state: resolve(flags.state) }),
      ...(flags.certificate === undefined ? {} : { certificate: flags.certificate }),
      onLine(line) {
        failed ||= line.type === 'failure';
        if (flags.json === true) console.log(JSON.stringify(line));
        else {
          const text = spokenLine(line);
          if (text !== undefined) console[line.type === 'failure' ? 'error' : 'log'](text);
        }
      },
    });
    const end = (): void => void participants.stop();
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    const status = await participants.done;
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
    process.exitCode = failed ? 1 : status;
  });
}

/** A line for the eye; undefined for what only programs want. */
export function spokenLine(line: HeadlessLine): string | undefined {
  switch (line.type) {
    case 'data':
      return `${line.name}: ${line.training} rows to train on, ${line.heldOut} held out`;
    case 'joined':
      // One of all is enough for the eye: they share the machine.
      return line.participant === 1 ? `Training on ${line.backend}: ${line.reason}` : undefined;
    case 'state':
      return line.blocked === null ? undefined : `Participant ${line.participant}: ${line.blocked}`;
    case 'event':
      return line.notable ? `Participant ${line.participant}: ${line.message}` : undefined;
    case 'evaluation':
      return undefined;
    case 'round': {
      const seconds = line.durationMs === null ? '' : `, ${(line.durationMs / 1000).toFixed(1)} s`;
      const { title, isShare } = metrics[line.metric];
      const value =
        line.value === null
          ? 'not measured'
          : isShare
            ? `${(line.value * 100).toFixed(1)} %`
            : line.value.toPrecision(4);
      return `Version ${line.version}: ${line.participants} participants, ${title.toLowerCase()} ${value}, ${(line.bytesUp / 1e6).toFixed(2)} MB up${seconds}`;
    }
    case 'refused-rows':
      return `${line.refused} rows were refused. The first: ${line.first}`;
    case 'left':
      return `Participant ${line.participant} left after ${line.rounds} rounds. ${line.reason}`;
    case 'failure':
      return `tributary: ${line.message}`;
    default:
      return line satisfies never;
  }
}
