// Keeps the list of federations fresh while somebody looks at it, and says when it no longer is.
export class FederationListState {
  failure = $state<string | null>(null);

  readonly #read: () => Promise<unknown>;

  constructor(read: () => Promise<unknown>) {
    this.#read = read;
  }

  /** Every five seconds while the page is visible, and at once when it becomes so; until undone. */
  keepFresh(
    document: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>,
    everyMs = 5_000,
  ): () => void {
    let reading = false;
    const read = async (): Promise<void> => {
      if (reading || document.visibilityState !== 'visible') return;
      reading = true;
      try {
        await this.#read();
        this.failure = null;
      } catch {
        this.failure =
          'The server does not answer. The figures below are the last that were read; they are read again every five seconds.';
      } finally {
        reading = false;
      }
    };
    const again = (): void => void read();
    const timer = setInterval(again, everyMs);
    document.addEventListener('visibilitychange', again);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }
}
