// Exactly one tab of a browser profile trains for a federation: whoever holds the Web Lock of its name.
import type { FederationId } from '../core/ids.ts';
import { onlyOne, type TrainingTurn } from '../participant/training-turn.ts';

export function webLockTurn(federation: FederationId, locks: LockManager | undefined): TrainingTurn {
  // Without Web Locks (an old browser) the coordinator still lets only the newest connection train.
  if (locks === undefined) return onlyOne;
  const name = `tributary-trainer:${federation}`;
  return {
    request({ steal, onState }) {
      let isOver = false;
      let giveBack: () => void = () => {};
      const queueing = new AbortController();
      const held = (): Promise<void> =>
        new Promise((resolve) => {
          giveBack = resolve;
          if (isOver) resolve();
          else onState('held');
        });
      /** Rejects with an AbortError when another tab steals the lock, or when the wait is given up. */
      const keep = (request: Promise<unknown>): void => {
        request.catch((failure: unknown) => {
          if (isOver) return;
          if (failure instanceof DOMException && failure.name === 'AbortError') onState('lost');
          else throw failure;
        });
      };
      if (steal) keep(locks.request(name, { steal: true }, held));
      else
        keep(
          locks.request(name, { ifAvailable: true }, (lock) => {
            if (lock !== null) return held();
            if (isOver) return undefined;
            onState('waiting');
            keep(locks.request(name, { signal: queueing.signal }, held));
            return undefined;
          }),
        );
      return () => {
        isOver = true;
        queueing.abort();
        giveBack();
      };
    },
  };
}
