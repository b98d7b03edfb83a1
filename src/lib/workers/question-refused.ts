/** A question about a dataset cannot be answered as it is: the message says why, to a person. */
export class QuestionRefused extends Error {
  override readonly name = 'QuestionRefused';
  constructor(
    readonly kind: 'no-dataset' | 'bad-edit' | 'not-exported' | 'not-read-again' | 'not-merged',
    message: string,
  ) {
    super(message);
  }
}
