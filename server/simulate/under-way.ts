// What is under way at one moment of a simulation's clock, and its first failure.

export class UnderWay {
  readonly #work = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Does `work`; the clock stands still until it has ended. */
  do(work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Resolves once nothing is under way, here or with the coordinator. Rejects with what failed first. */
  async quiet(coordinator: { idle(): Promise<void> }): Promise<void> {
    do {
      while (this.#work.size > 0) await Promise.all(this.#work);
      await coordinator.idle();
      // With stores in memory everything else is promises, which have run out once the event loop turns.
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#work.size > 0);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
