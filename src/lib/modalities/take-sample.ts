// Makes a built-in sample's examples.
import type { DataContract } from '../core/data/contract.ts';
import type { SampleName } from '../core/federation.ts';
import type { Assembler } from './assembler.ts';
import { whistles } from './audio/sample-whistles.ts';
import { keepForPreview, type ImagePreview } from './image/read-pictures.ts';
import { drawnDigits } from './image/sample-drawn-digits.ts';
import type { ImportPreview, RefusalLog } from './import-report.ts';
import { readFiles, type ModalityOptions } from './index.ts';
import { sourceOfText } from './source-file.ts';
import { patientCohortCsv } from './table/sample-patient-cohort.ts';

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
      return readFiles(
        [sourceOfText('patient-cohort.csv', patientCohortCsv(sample.seed, sample.count))],
        contract,
        into,
        log,
        options,
      );
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
      return {
        kind: 'image',
        height: contract.height,
        width: contract.width,
        channels: contract.channels,
        images: preview.images,
      };
    }
    case 'whistles': {
      if (contract.kind !== 'audio') throw new Error('Whistles were asked for under another contract.');
      const files = whistles(sample.seed, sample.count);
      return readFiles([...files], contract, into, log, options);
    }
    default:
      return sample.sample satisfies never;
  }
}
