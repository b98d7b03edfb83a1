/** The setup or the data cannot be used: the message says what to do. */
export class UnusableTraining extends Error {
  override readonly name = 'UnusableTraining';
}
