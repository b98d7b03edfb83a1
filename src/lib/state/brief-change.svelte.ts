// The brief that a device agreed to, read again to show what was changed since; loaded when there is a change.
import * as v from 'valibot';
import type { Brief } from '../core/federation.ts';
import { BriefVersion } from '../protocol/briefs.ts';

export class BriefChange {
  /** undefined: not read yet. */
  before = $state.raw<Brief | undefined>();
  failure = $state<string | undefined>();

  constructor(private readonly fetching: typeof fetch) {}

  async load(federation: string, seen: number, now: number): Promise<void> {
    this.failure = undefined;
    const read = await this.#read(federation);
    const before = read?.find((one) => one.version === seen);
    if (before === undefined)
      this.failure = `What was changed from version ${seen} to version ${now} could not be read. Check the connection and try again.`;
    else this.before = before.brief;
  }

  async #read(federation: string): Promise<readonly BriefVersion[] | undefined> {
    try {
      const response = await this.fetching(`/api/federations/${encodeURIComponent(federation)}/briefs`);
      const read = v.safeParse(v.array(BriefVersion), await response.json());
      return read.success ? read.output : undefined;
    } catch {
      // No connection, or a page in between that is no JSON: told above.
      return undefined;
    }
  }
}
