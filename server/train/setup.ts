// What `tributary train` is asked for is what its manifest keeps, so that the same run can be had again (run-manifest.ts).
export { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';

/** The setup or the data cannot be used: the message says what to do. */
export class UnusableTraining extends Error {
  override readonly name = 'UnusableTraining';
}
