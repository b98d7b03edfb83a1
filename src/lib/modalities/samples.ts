// The samples that ship with the app, so that anybody can take part within a minute: seeded generators, no data.
import { exampleShape, classLabels, type DataContract } from '../core/data/contract.ts';
import type { SampleName } from '../core/federation.ts';
import type { Assembler } from './assembler.ts';
import { keepForPreview, type ImagePreview } from './image/read-pictures.ts';
import { drawnDigits, drawnDigitsContract } from './image/sample-drawn-digits.ts';
import type { ImportPreview, RefusalLog } from './import-report.ts';
import { readFiles, type ModalityOptions } from './index.ts';
import { sourceOfText } from './source-file.ts';
import { patientCohortContract, patientCohortCsv } from './table/sample-patient-cohort.ts';

export const samples: Readonly<Record<SampleName, { readonly title: string; readonly contract: DataContract; readonly defaultCount: number }>> = {
  'drawn-digits': { title: 'Drawn digits', contract: drawnDigitsContract, defaultCount: 600 },
  'patient-cohort': { title: 'Patient cohort', contract: patientCohortContract, defaultCount: 400 },
};

/** Why a sample cannot stand in for a contract's data; undefined where it can. */
export function sampleFits(name: SampleName, contract: DataContract): string | undefined {
  const { contract: own, title } = samples[name];
  const fits =
    own.kind === 'image'
      ? contract.kind === 'image' &&
        String(exampleShape(contract)) === String(exampleShape(own)) &&
        String(classLabels(contract)) === String(classLabels(own))
      : contract.kind === 'table' && [...own.columns, own.target].every((column) => names(contract).has(column.name));
  return fits ? undefined : `The sample “${title}” does not fit this federation's data contract.`;
}

const names = (contract: Extract<DataContract, { kind: 'table' }>): ReadonlySet<string> =>
  new Set([...contract.columns.map((column) => column.name), contract.target.name]);

/** Puts a sample's examples into the assembler; call only where `sampleFits`. */
export async function takeSample(
  sample: { readonly sample: SampleName; readonly seed: number; readonly count: number },
  contract: DataContract,
  into: Assembler,
  log: RefusalLog,
  options: ModalityOptions,
): Promise<ImportPreview> {
  switch (sample.sample) {
    case 'patient-cohort':
      // The cohort takes the way of every table: a CSV, read against the contract.
      return readFiles([sourceOfText('patient-cohort.csv', patientCohortCsv(sample.seed, sample.count))], contract, into, log, options);
    case 'drawn-digits': {
      if (contract.kind !== 'image') throw new Error('Drawn digits were asked for under a table contract.');
      const preview: ImagePreview = { images: [] };
      let made = 0;
      for (const { pixels, digit } of drawnDigits(sample.seed, sample.count)) {
        const slot = into.slot();
        slot.features.set(pixels, slot.at);
        into.position += 1;
        if (into.commit(digit) === 'accepted') keepForPreview(preview, contract, digit, pixels);
        made += 1;
        if (made % 500 === 0) {
          options.signal?.throwIfAborted();
          options.onFraction(made / sample.count);
          await into.flush();
        }
      }
      return { kind: 'image', height: contract.height, width: contract.width, channels: contract.channels, images: preview.images };
    }
    default:
      return sample.sample satisfies never;
  }
}
