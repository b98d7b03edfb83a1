// The samples that ship with the app, so that anybody can take part within a minute: seeded generators, no data.
// Which there are and what they fit; take-sample.ts makes them.
import { exampleShape, classLabels, type DataContract } from '../core/data/contract.ts';
import type { SampleName } from '../core/federation.ts';
import { whistlesContract } from './audio/sample-whistles.ts';
import { drawnDigitsContract } from './image/sample-drawn-digits.ts';
import { patientCohortContract } from './table/sample-patient-cohort.ts';

export const samples: Readonly<
  Record<
    SampleName,
    { readonly title: string; readonly contract: DataContract; readonly defaultCount: number }
  >
> = {
  'drawn-digits': { title: 'Drawn digits', contract: drawnDigitsContract, defaultCount: 600 },
  'patient-cohort': { title: 'Patient cohort', contract: patientCohortContract, defaultCount: 400 },
  whistles: { title: 'Whistles', contract: whistlesContract, defaultCount: 400 },
};

/** Why a sample cannot stand in for a contract's data; undefined where it can. */
export function sampleFits(name: SampleName, contract: DataContract): string | undefined {
  const { contract: own, title } = samples[name];
  const fits =
    own.kind === 'table'
      ? contract.kind === 'table' &&
        [...own.columns, own.target].every((column) => names(contract).has(column.name))
      : contract.kind === own.kind &&
        String(exampleShape(contract)) === String(exampleShape(own)) &&
        String(classLabels(contract)) === String(classLabels(own));
  return fits ? undefined : `The sample “${title}” does not fit this federation's data contract.`;
}

const names = (contract: Extract<DataContract, { kind: 'table' }>): ReadonlySet<string> =>
  new Set([...contract.columns.map((column) => column.name), contract.target.name]);
