// The self-test: every back end of this device on *this* network and batch size. Numbers first (a gradient step against the
// plain-loop reference), then speed; the fastest that passed is chosen, and the person is told why.
import { initialParameters, type Network } from '../core/model/network.ts';
import { applyGradient } from '../core/model/optimizer.ts';
import { isSequenceLayer } from '../core/model/sequence.ts';
import { gradientOf } from '../core/model/reference/passes.ts';
import { random } from '../core/random.ts';
import {
  TrainerFailure,
  type BackendName,
  type Rows,
  type SessionPlan,
  type Trainer,
  type TrainerState,
} from '../ports/trainer.ts';
import { epochOrder } from './batch-order.ts';
import type { Engines } from './engine.ts';
import type { BackendChoice, BackendReport } from './participation.ts';

/**
 * Largest difference of a step from the reference, relative to the step's largest element. Engines in f32 come to 1e-6 …
 * 1e-5; half-precision textures, and kernels that are wrong, to 1e-2 and more.
 */
export const TOLERANCE = 1e-3;
/**
 * Whichever is later. Browsers run WebAssembly that they have just met by a quick compiler, and replace what is used much by
 * optimised code within these milliseconds.
 */
const WARM_STEPS = 5;
const WARM_MS = 200;
const MOST_WARM_STEPS = 1000;
/** Whichever is more. */
const TIMED_STEPS = 10;
const TIMED_MS = 100;
/** Milliseconds that the timed part of one back end may take, about. */
const TIME_CAP_MS = 3000;
/** Multiplications that the reference step may take: about half a second of plain loops. */
const REFERENCE_BUDGET = 150e6;
/** Plain JavaScript, slower by an order of magnitude: downloaded and measured where nothing else passes. */
const LAST_RESORT: BackendName = 'cpu';
const SEED = 20_170_217;

export interface ChooseBackendOptions {
  readonly network: Network;
  readonly batchSize: number;
  /** Taken if it passes; the others are measured all the same, to have one to go on with should it be lost. */
  readonly preferred: BackendName | null;
  /** What this device may have. */
  readonly backends: readonly BackendName[];
  readonly createTrainer: (backend: BackendName) => Promise<Trainer>;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

export const backendTitle = (backend: BackendName): string => {
  switch (backend) {
    case 'gpu':
      return 'WebGPU, own kernels';
    case 'jax-webgpu':
      return 'jax-js · WebGPU';
    case 'webgpu':
      return 'WebGPU';
    case 'webgl':
      return 'WebGL';
    case 'simd':
      return 'WebAssembly SIMD';
    case 'jax-wasm':
      return 'jax-js · WebAssembly';
    case 'wasm':
      return 'WebAssembly';
    case 'cpu':
      return 'CPU';
    case 'reference':
      return 'Reference';
    default:
      return backend satisfies never;
  }
};

/**
 * On the same processor, and never faster (bench/training-step*.bench.ts): where the first has passed, the second is neither
 * downloaded nor measured, unless somebody asks for it.
 */
const BETTER: Partial<Record<BackendName, BackendName>> = { webgpu: 'gpu', 'jax-wasm': 'simd', wasm: 'simd' };

/**
 * Beside others on the same processor, faster with some models and slower with others: downloaded and measured last, and only
 * where nothing on another processor was faster than all of these.
 */
const BESIDE: Partial<Record<BackendName, readonly BackendName[]>> = { 'jax-webgpu': ['gpu', 'webgpu'] };

/**
 * Measures one back end after the other, plain JavaScript only where no other passes, and leaves none running. Throws
 * TrainerFailure('unsupported') with every back end's reason if none passes.
 */
export async function chooseBackend(options: ChooseBackendOptions): Promise<BackendChoice> {
  const check = numericCheck(options.network);
  const reports: BackendReport[] = [];
  const measure = async (name: BackendName): Promise<void> => {
    options.signal?.throwIfAborted();
    reports.push(await testBackend(name, options, check));
  };
  const names = new Set(options.preferred === null ? [] : [options.preferred]);
  for (const name of options.backends) if (name !== LAST_RESORT) names.add(name);
  const fastest = (): BackendName | undefined => bySpeed(reports)[0]?.backend;
  const hasPassed = (name: BackendName | undefined): boolean =>
    reports.some((report) => report.backend === name && report.passed);
  const isAsked = (name: BackendName): boolean => name === options.preferred;
  for (const name of names)
    if (isAsked(name) || (BESIDE[name] === undefined && !hasPassed(BETTER[name]))) await measure(name);
  for (const name of names) {
    const best = fastest();
    const isWorthIt = best === undefined || BESIDE[name]?.includes(best) === true;
    if (BESIDE[name] !== undefined && !isAsked(name) && isWorthIt) await measure(name);
  }
  if (
    !reports.some((report) => report.passed) &&
    !names.has(LAST_RESORT) &&
    options.backends.includes(LAST_RESORT)
  )
    await measure(LAST_RESORT);
  options.signal?.throwIfAborted();
  const passed = bySpeed(reports);
  const best = passed.find((report) => report.backend === options.preferred) ?? passed[0];
  if (best === undefined) {
    const reasons = reports
      .map((one) => (one.passed ? '' : `${backendTitle(one.backend)}: ${one.reason}.`))
      .join(' ');
    throw new TrainerFailure('unsupported', `No way to train this model works on this device. ${reasons}`);
  }
  return {
    backend: best.backend,
    description: best.description,
    reason: reasonFor(best, reports, options.preferred),
    reports,
  };
}

/** Those that passed, fastest first. */
const bySpeed = (reports: readonly BackendReport[]): (BackendReport & { readonly passed: true })[] =>
  reports.filter((report) => report.passed).sort((a, b) => a.stepMs - b.stepMs);

/** The engines of this device as taking part and local runs need them. */
export const measuredEngines = (
  createTrainer: ChooseBackendOptions['createTrainer'],
  availableBackends: () => Promise<readonly BackendName[]>,
): Engines => ({
  choose: async (network, batchSize, preferred) =>
    chooseBackend({ network, batchSize, preferred, backends: await availableBackends(), createTrainer }),
  create: createTrainer,
});

/** The same measurements with another of the back ends that passed in use; undefined: `backend` did not pass. */
export function switchedChoice(choice: BackendChoice, backend: BackendName): BackendChoice | undefined {
  const report = choice.reports.find((one) => one.backend === backend);
  if (report === undefined || !report.passed) return undefined;
  const reason = reasonFor(report, choice.reports, backend);
  return { backend, description: report.description, reason, reports: choice.reports };
}

/** As training meets them: rows from all over a store, which one batch over and over would keep at hand. Up to 8 MB as f32. */
const TIMED_VALUES = 2e6;
const MOST_TIMED_BATCHES = 64;
const timedBatches = ({ network, batchSize }: ChooseBackendOptions): number => {
  const values = batchSize * network.spec.inputShape.reduce((total, side) => total * side, 1);
  return Math.min(MOST_TIMED_BATCHES, Math.max(1, Math.floor(TIMED_VALUES / values)));
};

/** Pictures and spectrograms are kept as bytes, which an engine makes numbers of in each step. */
const asKept = ({ spec }: Network, rows: Rows): Rows =>
  spec.inputShape.length < 3
    ? rows
    : { ...rows, features: Uint8Array.from(rows.features, (value) => 255 * value) };

const duration = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

function reasonFor(
  best: BackendReport & { readonly passed: true },
  reports: readonly BackendReport[],
  preferred: BackendName | null,
): string {
  const passed = reports.filter((report) => report.passed);
  const others = passed
    .filter((report) => report !== best)
    .map((report) => `${backendTitle(report.backend)} ${duration(report.stepMs)}`)
    .join(', ');
  if (best.backend === preferred)
    return `chosen by you: ${duration(best.stepMs)} a step${others === '' ? '' : ` (${others})`}`;
  const refused = reports.find((report) => report.backend === preferred);
  const first =
    refused === undefined || refused.passed
      ? ''
      : `${backendTitle(refused.backend)} did not pass (${refused.reason}); `;
  return passed.length === 1
    ? `${first}the only one that passed the self-test: ${duration(best.stepMs)} a step`
    : `${first}fastest of ${passed.length} that passed the self-test: ${duration(best.stepMs)} a step (${others})`;
}

interface NumericCheck {
  readonly rows: Rows;
  readonly indices: Uint32Array;
  readonly start: TrainerState;
  /** [P] after one step of plain SGD. */
  readonly expected: Float32Array;
}

const plan: SessionPlan = {
  learningRate: 1,
  optimizer: { type: 'sgd', momentum: 0 },
  proximalTerm: 0,
  seed: SEED,
};

/** Multiplications of one forward pass over one example. */
function multiplications(network: Network): number {
  let total = 0;
  for (const { spec, slots, inputShape, outputShape } of network.layers) {
    const [height = 1, width = 1] = outputShape;
    const [steps = 1] = inputShape;
    const matrices = slots.filter(({ role }) => role === 'kernel' || role === 'recurrent-kernel');
    const each = matrices.reduce((sum, { length }) => sum + length, 0);
    total += each * (spec.type === 'conv2d' ? height * width : isSequenceLayer(spec) ? steps : 1);
  }
  return total;
}

function madeUpRows(network: Network, count: number): Rows {
  const draw = random(SEED, 'self-test', count);
  const size = network.spec.inputShape.reduce((total, side) => total * side, 1);
  return {
    count,
    features: Float32Array.from({ length: count * size }, () => draw.next()),
    targets:
      network.spec.loss === 'categorical-crossentropy'
        ? Int32Array.from({ length: count }, () => draw.below(network.outputSize))
        : Float32Array.from({ length: count }, () => draw.normal()),
  };
}

const upTo = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);

function numericCheck(network: Network): NumericCheck {
  const affordable = Math.floor(REFERENCE_BUDGET / (3 * multiplications(network)));
  const count = Math.max(1, Math.min(4, affordable));
  const rows = madeUpRows(network, count);
  const parameters = initialParameters(network, SEED);
  const features = Float32Array.from(rows.features);
  const { gradient, statistics } = gradientOf(network, parameters, features, rows.targets, count, {
    seed: SEED,
    step: 0,
  });
  const expected = parameters.slice();
  const none = new Float32Array(0);
  applyGradient(plan, expected, 0, gradient, none, network.parameterCount, none, 1);
  for (const { slot, values } of statistics) expected.set(values, slot.offset);
  return { rows, indices: upTo(count), start: { parameters, optimizer: none, steps: 0 }, expected };
}

/** Largest |got − expected| over the largest |expected − start|; NaN where a parameter is not a number. */
function relativeError(got: Float32Array, { expected, start }: NumericCheck): number {
  let difference = 0;
  let move = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const gap = Math.abs((got[i] ?? NaN) - (expected[i] ?? NaN));
    if (!(gap <= difference)) difference = gap;
    if (Number.isNaN(gap)) return NaN;
    move = Math.max(move, Math.abs((expected[i] ?? 0) - (start.parameters[i] ?? 0)));
  }
  return difference / move;
}

async function testBackend(
  backend: BackendName,
  options: ChooseBackendOptions,
  check: NumericCheck,
): Promise<BackendReport> {
  let trainer: Trainer | undefined;
  let description = backendTitle(backend);
  try {
    trainer = await options.createTrainer(backend);
    description = trainer.description;
    const error = await stepError(trainer, options.network, check);
    if (!(error <= TOLERANCE)) {
      const reason = `its numbers are wrong: a step differs from the reference by ${(100 * error).toPrecision(2)} %`;
      return { backend, description, passed: false, reason };
    }
    return {
      backend,
      description,
      passed: true,
      stepMs: await timeSteps(trainer, options),
      relativeError: error,
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    // Whatever an engine throws while it is tested, the answer is the same: another engine.
    const reason = error instanceof Error ? error.message : String(error);
    return { backend, description, passed: false, reason: reason.replace(/\.$/, '') };
  } finally {
    trainer?.dispose();
  }
}

async function stepError(trainer: Trainer, network: Network, check: NumericCheck): Promise<number> {
  const session = await trainer.open(network, plan);
  try {
    await session.setRows(check.rows);
    await session.setState(check.start);
    await session.step(check.indices);
    return relativeError((await session.state()).parameters, check);
  } finally {
    session.close();
  }
}

/** Milliseconds a step: the mean of the timed steps, each batch whole; fewer steps where the cap would be passed. */
async function timeSteps(trainer: Trainer, options: ChooseBackendOptions): Promise<number> {
  const now = options.now ?? (() => performance.now());
  const session = await trainer.open(options.network, { ...plan, learningRate: 1e-3 });
  try {
    const { batchSize } = options;
    const count = batchSize * timedBatches(options);
    const order = epochOrder(SEED, 0, count);
    await session.setRows(asKept(options.network, madeUpRows(options.network, count)));
    await session.setState({
      parameters: initialParameters(options.network, SEED),
      optimizer: new Float32Array(0),
      steps: 0,
    });
    let taken = 0;
    // takeLoss() waits for the device.
    const timed = async (steps: number): Promise<number> => {
      const start = now();
      for (let step = 0; step < steps; step += 1, taken += 1) {
        const from = (taken * batchSize) % count;
        await session.step(order.slice(from, from + batchSize));
      }
      await session.takeLoss();
      return now() - start;
    };
    const begun = now();
    await timed(1);
    let one = await timed(1);
    const affordable = (cap: number): number => Math.floor((cap - (now() - begun)) / Math.max(one, 1e-3));
    const warm = (steps: number): boolean => steps >= WARM_STEPS && now() - begun >= WARM_MS;
    for (
      let steps = 2;
      !warm(steps) && steps < MOST_WARM_STEPS && affordable(TIME_CAP_MS / 2) > 0;
      steps += 1
    )
      one = await timed(1);
    const wanted = Math.max(TIMED_STEPS, Math.ceil(TIMED_MS / Math.max(one, 1e-3)));
    const steps = Math.min(wanted, affordable(TIME_CAP_MS));
    return steps < 1 ? one : (await timed(steps)) / steps;
  } finally {
    session.close();
  }
}
