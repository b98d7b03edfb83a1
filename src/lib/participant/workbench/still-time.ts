// How long a person's hand lets a run stand: a night's pause is no work, neither of a model nor of the run that it is of.
import type { Clock } from '../../ports/clock.ts';

export interface StillTime {
  /** At each pause and at its end; it may be told of one twice. */
  stand(isPaused: boolean): void;
  /** Over all pauses; of one that goes on, until now. */
  ms(): number;
}

export function stillTime(clock: Clock): StillTime {
  let over = 0;
  let since: number | undefined;
  const going = (): number => (since === undefined ? 0 : clock.monotonic() - since);
  return {
    stand(isPaused) {
      over += going();
      since = isPaused ? clock.monotonic() : undefined;
    },
    ms: () => over + going(),
  };
}
