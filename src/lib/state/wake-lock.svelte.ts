// Keeps the screen awake while training, where the person wants it: phones stop a page whose screen goes dark.
// The browser releases the lock when the tab is hidden, so it is taken again on return.
export class WakeLock {
  wanted = $state(false);
  held = $state(false);
  /** Why it is not held although it is wanted. */
  problem = $state<string | null>(null);

  #sentinel: WakeLockSentinel | null = null;
  #needed = false;

  get supported(): boolean {
    return typeof navigator !== 'undefined' && 'wakeLock' in navigator;
  }

  /** Whether something runs that the lock is for. */
  need(needed: boolean): void {
    this.#needed = needed;
    void this.#settle();
  }

  want(wanted: boolean): void {
    this.wanted = wanted;
    void this.#settle();
  }

  /** Follows the tab coming to the front; returns its own undoing, which releases the lock. */
  watch(): () => void {
    const turn = (): void => void this.#settle();
    document.addEventListener('visibilitychange', turn);
    return () => {
      document.removeEventListener('visibilitychange', turn);
      this.#needed = false;
      void this.#settle();
    };
  }

  async #settle(): Promise<void> {
    const should = this.wanted && this.#needed && document.visibilityState === 'visible' && this.supported;
    if (should && this.#sentinel === null) {
      try {
        const sentinel = await navigator.wakeLock.request('screen');
        sentinel.addEventListener('release', () => {
          this.#sentinel = null;
          this.held = false;
        });
        this.#sentinel = sentinel;
        this.held = true;
        this.problem = null;
      } catch (error) {
        this.problem = `The screen cannot be kept awake: ${error instanceof Error ? error.message : String(error)}`;
      }
    } else if (!should && this.#sentinel !== null) {
      await this.#sentinel.release();
    }
  }
}
