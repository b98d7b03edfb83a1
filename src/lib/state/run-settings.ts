// From what a person types in the form for training alone to a network and a plan, or one sentence for each field that is
// not right. "federation" stands for the federation's own network, where it has one: sums over one's own rows alone are not offered.
import type { DataContract } from '../core/data/contract.ts';
import { classLabels } from '../core/data/contract.ts';
import type { FederationSpec } from '../core/federation.ts';
import { metrics } from '../core/metrics/metric-list.ts';
import { measures, type MetricName } from '../core/metrics/metric-name.ts';
import { familiesFor, networkOf, type FamilyName } from '../core/model/families/index.ts';
import { buildNetwork, type Network } from '../core/model/network.ts';
import { optimizerNumbers, optimizerWith } from '../core/model/optimizer-kinds.ts';
import type { OptimizerSpec, TrainingPlan } from '../core/model/spec.ts';

export type FamilyChoice = FamilyName | 'federation';

/** As typed: numbers are text until they are read. */
export interface RunForm {
  family: FamilyChoice;
  hidden: string;
  filters: string;
  units: string;
  dropout: string;
  epochs: string;
  batchSize: string;
  learningRate: string;
  optimizer: OptimizerSpec['type'];
  momentum: string;
  weightDecay: string;
  seed: string;
}
export type RunField = keyof RunForm;

export interface RunSetup {
  readonly network: Network;
  readonly plan: TrainingPlan;
}
export type RunReading =
  | { readonly ok: true; readonly setup: RunSetup }
  | { readonly ok: false; readonly problems: Readonly<Partial<Record<RunField, string>>> };

export interface FamilyOption {
  readonly value: FamilyChoice;
  readonly title: string;
  readonly description: string;
}

/** The families that suit the data; the federation's own network first. */
export const familyOptions = (
  contract: DataContract,
  federation: FederationSpec | undefined,
): readonly FamilyOption[] => [
  ...(federation === undefined || !('network' in federation)
    ? []
    : [
        {
          value: 'federation' as const,
          title: 'The federation’s model',
          description: 'The same network as in the rounds, so that both can be compared.',
        },
      ]),
  ...familiesFor(contract).map((family) => ({
    value: family.name,
    title: family.title,
    description: family.description,
  })),
];

/** A working start for every field. */
export function initialForm(contract: DataContract, federation: FederationSpec | undefined): RunForm {
  const own = federation !== undefined && 'network' in federation ? federation : undefined;
  const plan = own?.plan;
  const { momentum, weightDecay } = optimizerNumbers(plan?.optimizer ?? { type: 'sgd', momentum: 0 });
  return {
    family:
      own === undefined
        ? contract.kind === 'image'
          ? 'mlp'
          : contract.kind === 'audio'
            ? 'cnn-small'
            : (familiesFor(contract)[0]?.name ?? 'mlp')
        : 'federation',
    hidden: contract.kind === 'table' ? '16' : '200, 200',
    filters: '32, 64',
    units: '512',
    dropout: '0',
    epochs: contract.kind === 'table' ? '40' : '10',
    batchSize: String(plan?.batchSize ?? 10),
    learningRate: String(plan?.learningRate ?? 0.1),
    optimizer: plan?.optimizer.type ?? 'sgd',
    momentum: String(momentum),
    weightDecay: String(weightDecay),
    seed: String(plan?.seed ?? 1),
  };
}

/** Which settings of a family the form shows. */
export const familyFields = (family: FamilyChoice): readonly RunField[] =>
  family === 'mlp'
    ? ['hidden', 'dropout']
    : family === 'cnn-mcmahan' || family === 'cnn-small'
      ? ['filters', 'units', 'dropout']
      : family === 'gru' || family === 'lstm' || family === 'transformer'
        ? ['dropout']
        : [];

/** The metrics that data of this contract has. */
export const metricsFor = (contract: DataContract): readonly MetricName[] => {
  const kind = classLabels(contract) === undefined ? 'regression' : 'classification';
  return (Object.keys(metrics) as MetricName[]).filter((name) => measures(name, kind));
};

const whole = (text: string, low: number, high: number): number | string => {
  const value = Number(text.trim());
  return text.trim() !== '' && Number.isSafeInteger(value) && value >= low && value <= high
    ? value
    : `A whole number from ${low} to ${high}.`;
};
const between = (text: string, low: number, high: number): number | string => {
  const value = Number(text.trim());
  return text.trim() !== '' && Number.isFinite(value) && value >= low && value <= high
    ? value
    : `A number from ${low} to ${high}.`;
};
const list = (text: string, count: readonly [number, number], high: number): number[] | string => {
  const values = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map((part) => whole(part, 1, high));
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === values.length && numbers.length >= count[0] && numbers.length <= count[1]
    ? numbers
    : `${count[0] === count[1] ? `${count[0]}` : `${count[0]} to ${count[1]}`} whole numbers from 1 to ${high}, with commas.`;
};

/** Reads the form; every field that is not right has its own sentence. */
export function readForm(
  form: RunForm,
  contract: DataContract,
  federation: FederationSpec | undefined,
): RunReading {
  const problems: Partial<Record<RunField, string>> = {};
  const take = <T extends number | number[]>(field: RunField, read: T | string): T | undefined => {
    if (typeof read !== 'string') return read;
    problems[field] = read;
    return undefined;
  };
  const fields = familyFields(form.family);
  const hidden = fields.includes('hidden') ? take('hidden', list(form.hidden, [1, 8], 8192)) : undefined;
  const filters = fields.includes('filters') ? take('filters', list(form.filters, [2, 2], 512)) : undefined;
  const units = fields.includes('units') ? take('units', whole(form.units, 1, 4096)) : undefined;
  const dropout = fields.includes('dropout') ? take('dropout', between(form.dropout, 0, 0.95)) : undefined;
  const epochs = take('epochs', whole(form.epochs, 1, 1000));
  const batchSize = take('batchSize', whole(form.batchSize, 1, 4096));
  const learningRate = take('learningRate', between(form.learningRate, 1e-7, 10));
  const momentum = form.optimizer === 'sgd' ? take('momentum', between(form.momentum, 0, 0.999)) : 0;
  const weightDecay = form.optimizer === 'adamw' ? take('weightDecay', between(form.weightDecay, 0, 1)) : 0;
  const seed = take('seed', whole(form.seed, 0, Number.MAX_SAFE_INTEGER));
  if (
    Object.keys(problems).length > 0 ||
    epochs === undefined ||
    batchSize === undefined ||
    learningRate === undefined ||
    momentum === undefined ||
    weightDecay === undefined ||
    seed === undefined
  )
    return { ok: false, problems };

  const built =
    form.family === 'federation' && federation !== undefined && 'network' in federation
      ? buildNetwork(federation.network)
      : networkOf(form.family, contract, {
          ...(hidden === undefined ? {} : { hidden }),
          ...(filters === undefined ? {} : { filters }),
          ...(units === undefined ? {} : { units }),
          ...(dropout === undefined ? {} : { dropout }),
        });
  if (!built.ok) return { ok: false, problems: { family: built.error.message } };
  return {
    ok: true,
    setup: {
      network: built.value,
      plan: {
        localEpochs: epochs,
        batchSize,
        learningRate,
        optimizer: optimizerWith(form.optimizer, { momentum, weightDecay }),
        proximalTerm: 0,
        seed,
      },
    },
  };
}
