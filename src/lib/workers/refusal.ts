// A request that the device cannot fulfil: a short code for programs, a sentence for the person.

export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly kind: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
