// The curves of a version as its page shows them: read anew now and then while further devices score it; those that are there stay until
// the new ones are.
import type { Result } from '../core/result.ts';
import type { ApiError } from '../protocol/http.ts';
import { FEWEST_DRAWN, type VersionCurves } from '../protocol/version-curves.ts';
import type { Evaluated } from '../protocol/views.ts';

const LOOK_EVERY_MS = 4000;

/** Why there are none to ask the server for, in a sentence; undefined: there may be. */
export function whyNoCurves({
  participants,
  tally,
  survey,
}: Pick<Evaluated, 'participants' | 'tally' | 'survey'>): string | undefined {
  if (survey !== undefined)
    return 'Not drawn: no device tells its own scores here, and a survey keeps the areas of its histograms alone.';
  if (tally.type !== 'classification' || tally.scores === undefined)
    return 'Not told by enough devices: some ran an earlier version of this program.';
  if (tally.scores.areas.every((area) => area === null))
    return 'Only one class occurs, or there are too many to count each.';
  return participants < FEWEST_DRAWN
    ? 'Drawn once a second device has scored it: those of one alone would tell how its rows score.'
    : undefined;
}

export class ShownCurves {
  /** undefined: not read yet. */
  read = $state.raw<Result<VersionCurves, ApiError> | undefined>();
  /** How many devices had scored it when they were read. */
  #of = 0;
  #isReading = false;

  constructor(
    private readonly ask: () => Promise<Result<VersionCurves, ApiError>>,
    private readonly evaluation: () => Pick<Evaluated, 'participants' | 'tally' | 'survey'>,
  ) {}

  /** Reads what more devices have scored than what is shown. A failure is shown where nothing else is, and tried again. */
  async look(): Promise<void> {
    const { participants } = this.evaluation();
    if (this.#isReading || participants === this.#of || whyNoCurves(this.evaluation()) !== undefined) return;
    this.#isReading = true;
    try {
      const read = await this.ask();
      if (read.ok) this.#of = participants;
      if (read.ok || this.read?.ok !== true) this.read = read;
    } finally {
      this.#isReading = false;
    }
  }

  /** Looks at once, and every few seconds while the page is looked at; until undone. */
  watch(isSeen: () => boolean = () => document.visibilityState === 'visible'): () => void {
    void this.look();
    const timer = setInterval(() => {
      if (isSeen()) void this.look();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }
}
