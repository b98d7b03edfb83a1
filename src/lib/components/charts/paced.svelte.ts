// Lets a chart redraw at most four times a second, and only while somebody can see it.
const PACE_MS = 250;

export class Paced<T> {
  shown: T;
  #latest: T;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = -Infinity;
  #onScreen = true;

  constructor(first: T) {
    this.shown = $state.raw(first);
    this.#latest = first;
  }

  /** Shows `value` now, or when a quarter of a second has passed since the last; the latest wins. */
  offer(value: T): void {
    this.#latest = value;
    this.#schedule();
  }

  /** Follows whether the element is on screen and the tab in front; returns its own undoing. */
  watch(element: Element): () => void {
    const observer = new IntersectionObserver((entries) => {
      this.#onScreen = entries.at(-1)?.isIntersecting ?? true;
      this.#schedule();
    });
    observer.observe(element);
    const turn = (): void => this.#schedule();
    document.addEventListener('visibilitychange', turn);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', turn);
      clearTimeout(this.#timer);
    };
  }

  #schedule(): void {
    if (this.#timer !== undefined || !this.#onScreen || document.visibilityState === 'hidden') return;
    const wait = this.#drawnAt + PACE_MS - performance.now();
    if (wait <= 0) {
      this.#draw();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#onScreen && document.visibilityState !== 'hidden') this.#draw();
    }, wait);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.shown = this.#latest;
  }
}
