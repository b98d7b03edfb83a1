// Many parts of a page, made a few a frame: no task of the page builds them all, so that it answers meanwhile. Made while a component is.

export class Slices {
  /** So many of them are on the page by now. */
  shown = $state(0);

  constructor(
    private readonly eachFrame: number,
    total: () => number,
  ) {
    this.shown = eachFrame;
    $effect(() => this.#grow(total()));
  }

  /** Returns its own undoing. */
  #grow(total: number): () => void {
    let frame = 0;
    const more = (): void => {
      if (this.shown >= total) return;
      this.shown += this.eachFrame;
      frame = requestAnimationFrame(more);
    };
    frame = requestAnimationFrame(more);
    return () => cancelAnimationFrame(frame);
  }
}
