// `tributary evaluate`: scores a model version on given data, all of its rows: the test set that no participant holds.
import { InvalidArgumentError, type Command } from 'commander';
import * as v from 'valibot';
import { readDataPath } from '#lib/adapters/node/data-path.ts';
import { downloadParameters } from '#lib/adapters/socketio/download.ts';
import { createRequests, readView } from '#lib/adapters/socketio/requests.ts';
import { createTrainer } from '#lib/adapters/engines/node.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { federatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { FederationId } from '#lib/core/ids.ts';
import { classLabels } from '#lib/core/data/contract.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import { summedAreas } from '#lib/core/metrics/summed-curves.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { preparing } from '#lib/participant/prepared-rows.ts';
import { startState } from '#lib/participant/train-locally.ts';
import { FederationView, VersionView } from '#lib/protocol/views.ts';

interface Flags {
  readonly url: string;
  readonly federation: FederationId;
  readonly version: string;
  readonly data: readonly string[];
  readonly backend: 'simd' | 'jax-wasm' | 'wasm' | 'cpu';
  readonly json?: true;
}

const backendOf = (text: string): Flags['backend'] => {
  if (text === 'simd' || text === 'jax-wasm' || text === 'wasm' || text === 'cpu') return text;
  throw new InvalidArgumentError('One of simd, jax-wasm, wasm, cpu.');
};
export const versionOf = (text: string): string => {
  if (text === 'live' || text === 'head' || /^\d+$/.test(text)) return text;
  throw new InvalidArgumentError('A version number, live or head.');
};

export function register(program: Command): void {
  program
    .command('evaluate')
    .description('score a model version on data of your own, all of its rows')
    .requiredOption('--url <address>', 'the server, such as http://localhost:3000')
    .requiredOption('--federation <id>', 'the federation')
    .option('--version <which>', 'a number, live or head', versionOf, 'head')
    .requiredOption(
      '--data <path>',
      'a file or folder; may be given again',
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .option('--backend <name>', 'simd, jax-wasm, wasm or cpu', backendOf, 'simd')
    .option('--json', 'one line of JSON')
    .action(async (flags: Flags) => {
      const scored = await evaluate(flags);
      if (flags.json === true) console.log(JSON.stringify(scored));
      else for (const line of spoken(scored)) console.log(line);
    });
}

type Scored = Awaited<ReturnType<typeof evaluate>>;

async function evaluate({ url, federation, version, data, backend }: Omit<Flags, 'json'>) {
  const id = v.parse(FederationId, federation);
  const requests = createRequests(url);
  const view = await readView(requests, `/api/federations/${id}`, FederationView);
  if (view === undefined) throw new Error(`There is no federation “${id}” at ${url}.`);
  const versions = (await readView(requests, `/api/federations/${id}/versions`, v.array(VersionView))) ?? [];
  const wanted = version === 'head' ? view.head.version : version === 'live' ? view.live : Number(version);
  const named = versions.find((one) => one.version === wanted);
  if (named === undefined)
    throw new Error(`The federation “${id}” has no version ${wanted}; its newest is ${view.head.version}.`);
  const { contract, metric } = view.spec;
  const { examples, report } = await readDataPath(data, contract, { part: 'test' });
  if (examples === undefined)
    throw new Error(
      `Nothing in ${data.join(', ')} could be used: ${report.refusals[0]?.message ?? 'it holds no example'}`,
    );
  const parameters = await downloadParameters(requests, named.digest, named.bytes);
  const tally = await tallyOf(view.spec, parameters, examples, backend);
  const figures: Partial<Record<MetricName, number>> = {};
  for (const name of MetricName.options) {
    const value = figure(tally, name);
    if (value !== undefined) figures[name] = value;
  }
  return {
    federation: id,
    version: named.version,
    metric: metric.name,
    count: tally.count,
    refused: report.refused,
    figures,
    /** Of each class against the others, with its 95 % interval. */
    areas: summedAreas(tally, classLabels(contract) ?? []),
    tally,
  };
}

async function tallyOf(
  spec: FederationSpec,
  parameters: Float32Array<ArrayBuffer>,
  rows: Examples,
  backend: Flags['backend'],
): Promise<Tally> {
  const model = federatedModel(spec);
  if (!model.ok) throw new Error(model.error.message);
  if (model.value.type === 'sums') {
    const tally = model.value.sums.evaluate(parameters, rows);
    if (!tally.ok) throw new Error(tally.error.message);
    return tally.value;
  }
  const seen = preparedFor(spec, rows);
  const trainer = await createTrainer(backend);
  try {
    const session = await trainer.open(model.value.network, spec.plan);
    await session.setState(startState(parameters));
    const tally = await session.evaluate(seen);
    session.close();
    return tally;
  } finally {
    trainer.dispose();
  }
}

/** As the model takes them. */
function preparedFor(spec: FederationSpec, rows: Examples): Examples {
  if (spec.recipe === undefined) return rows;
  const opened = preparing(spec, spec.recipe);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value.rows(rows);
}

function* spoken(scored: Scored): Iterable<string> {
  yield `Version ${scored.version} of ${scored.federation} on ${scored.count} rows${scored.refused === 0 ? '' : ` (${scored.refused} refused)`}:`;
  for (const name of MetricName.options) {
    const value = scored.figures[name];
    if (value === undefined) continue;
    const { title, isShare } = metrics[name];
    yield `  ${title}: ${isShare ? `${(value * 100).toFixed(2)} %` : value.toPrecision(5)}${name === scored.metric ? '   (the success metric)' : ''}`;
    if (name !== 'auc') continue;
    for (const { label, area, interval } of scored.areas)
      yield `    ${label} against the others: ${area.toFixed(3)}${interval === null ? '' : ` (95 % interval, rows taken as independent: ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`}`;
  }
}
