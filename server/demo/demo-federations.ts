// The federations of `npm run demo`: one that eight headless participants take through rounds while you watch and join,
// and one that is yours alone. Both live on samples made on the device.
import type { DataContract } from '#lib/core/data/contract.ts';
import {
  exactAveraging,
  plainRounds,
  type NetworkFederation,
  type ModelFamily,
} from '#lib/core/federation.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import type { NetworkSpec } from '#lib/core/model/spec.ts';
import { drawnDigitsContract } from '#lib/modalities/image/sample-drawn-digits.ts';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';

export interface DemoFederation {
  readonly id: string;
  readonly spec: NetworkFederation;
}

function network(family: ModelFamily, contract: DataContract, options: unknown): NetworkSpec {
  const built = networkOf(family, contract, options);
  if (!built.ok) throw new Error(built.error.message);
  return built.value.spec;
}

/**
 * Digits: `participants` headless devices, and a seat for you; a round closes with the last of its cohort, so that it does
 * not wait for a visitor who is not there. Several local epochs at a small rate, so that a round lasts long enough to be
 * watched.
 */
export function digitsFederation(participants: number): DemoFederation {
  return {
    id: 'digits',
    spec: {
      brief: {
        title: 'Hand-drawn digits',
        purpose:
          'Learns to read digits as many hands draw them, without any of the drawings being collected.',
        coordinator: 'Tributary demo',
        decision: 'None: it shows how a federation learns while you watch.',
        predicts: 'The digit on a picture, 0 to 9.',
        unit: 'A picture of one digit.',
        affected: 'Nobody: the digits are drawn for the demonstration, or made by a generator.',
        outOfScope: 'Reading numbers that anything depends on.',
        dataWanted: 'Digits from 0 to 9, drawn by you or made by the sample generator on your device.',
      },
      metric: { name: 'accuracy', target: null },
      contract: drawnDigitsContract,
      family: 'mlp',
      network: network('mlp', drawnDigitsContract, { hidden: [64] }),
      plan: {
        localEpochs: 8,
        batchSize: 10,
        learningRate: 0.004,
        optimizer: { type: 'sgd', momentum: 0 },
        proximalTerm: 0,
        seed: 7,
      },
      ...exactAveraging,
      transfer: { uplink: 'eden:3', downlink: 'eden:4' },
      rules: {
        ...plainRounds,
        goal: participants + 1,
        minimum: 2,
        overSelection: 1.3,
        selectionDeadlineMs: 2_000,
        reportingDeadlineMs: 60_000,
        pauseMs: 4_000,
        maximumRounds: 1_000,
      },
      sample: 'drawn-digits',
    },
  };
}

/** Patients: a table, and rounds that one device alone may make. */
export function patientsFederation(): DemoFederation {
  return {
    id: 'patients',
    spec: {
      brief: {
        title: 'Patient risk',
        purpose:
          'Estimates a risk from a few measurements, as several clinics see it, without a record leaving any of them.',
        coordinator: 'Tributary demo',
        decision: 'None: it shows how clinics could learn together, on patients that a generator makes.',
        predicts: 'Whether a patient has the disease.',
        unit: 'A patient, at one visit.',
        affected: 'Nobody: the patients are made up.',
        outOfScope: 'Anything about a living patient.',
        dataWanted: 'A table of patients with the columns below, or the sample cohort made on your device.',
      },
      metric: { name: 'balanced-accuracy', target: null },
      contract: patientCohortContract,
      family: 'mlp',
      network: network('mlp', patientCohortContract, { hidden: [16] }),
      plan: {
        localEpochs: 2,
        batchSize: 16,
        learningRate: 0.05,
        optimizer: { type: 'sgd', momentum: 0.9 },
        proximalTerm: 0,
        seed: 11,
      },
      ...exactAveraging,
      transfer: { uplink: 'eden:3', downlink: 'eden:4' },
      rules: {
        ...plainRounds,
        goal: 8,
        minimum: 1,
        overSelection: 1.3,
        selectionDeadlineMs: 3_000,
        reportingDeadlineMs: 120_000,
        pauseMs: 5_000,
        maximumRounds: 200,
      },
      sample: 'patient-cohort',
    },
  };
}
