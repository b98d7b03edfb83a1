// A federation of six devices with made patients and a small network: with a secure sum and without.
import { exactAveraging, plainRounds, type FederationSpec } from '#lib/core/federation.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import type { SecureSumOn } from '#lib/core/secure-sum/rules.ts';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';

export function securePatients(
  secureSum: SecureSumOn | undefined,
  rounds: number,
  rules: Partial<FederationSpec['rules']> = {},
): FederationSpec {
  const network = networkOf('mlp', patientCohortContract, { hidden: [8] });
  if (!network.ok) throw new Error(network.error.message);
  return {
    brief: { title: 'Patients', purpose: 'A risk.', coordinator: 'A test', dataWanted: 'A cohort.' },
    metric: { name: 'accuracy', target: null },
    contract: patientCohortContract,
    family: 'mlp',
    network: network.value.spec,
    plan: {
      localEpochs: 1,
      batchSize: 20,
      learningRate: 0.05,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 3,
    },
    ...exactAveraging,
    rules: {
      ...plainRounds,
      goal: 6,
      minimum: 5,
      overSelection: 1,
      selectionDeadlineMs: 30_000,
      reportingDeadlineMs: 60_000,
      pauseMs: 0,
      maximumRounds: rounds,
      ...rules,
    },
    sample: 'patient-cohort',
    ...(secureSum === undefined ? {} : { secureSum }),
  };
}
