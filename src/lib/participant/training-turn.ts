// Which tab of one browser profile may train: exactly one at a time. In a browser this is a Web Lock (the device worker gives
// it); a headless participant is always the only one.

export interface TrainingTurn {
  /**
   * Asks for the turn. `held`: it is ours. `waiting`: another tab has it, and it comes to us when that tab closes.
   * `lost`: another tab took it over. Returns its own undoing, which gives the turn back.
   */
  request(options: {
    readonly steal: boolean;
    onState(state: 'held' | 'waiting' | 'lost'): void;
  }): () => void;
}

export const onlyOne: TrainingTurn = {
  request({ onState }) {
    onState('held');
    return () => {};
  },
};
