// The versions of a federation's brief, and which runs were started under which, as its journal tells. A run holds the brief that it was
// started with; whoever reads a version of the model later finds what it was made for.
import * as v from 'valibot';
import { Brief } from '#lib/core/federation.ts';
import { RunNumber } from '#lib/core/ids.ts';
import type { BriefVersion } from '#lib/protocol/briefs.ts';
import type { FederationRecord, JournalRecord } from '../ports/records.ts';
import { sinceMade } from './journal.ts';

/** In a line's payload, where the words changed. */
const Changed = v.object({ brief: v.object({ before: Brief, after: Brief }) });
const Started = v.object({ run: RunNumber });

/** Words alone: not which version of them. */
const wordsOf = ({ version: _, ...words }: Brief): string =>
  JSON.stringify(
    Object.entries(words)
      .filter(([, text]) => text !== undefined && text !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const briefVersion = ({ version }: Brief): number => version ?? 1;

/** The brief as it is kept: numbered by the server, whatever the request said. */
export const numbered = (before: Brief, wanted: Brief): Brief => {
  const isSame = wordsOf(before) === wordsOf(wanted);
  return { ...wanted, version: briefVersion(before) + (isSame ? 0 : 1) };
};

/** What a line of the journal says of a change; nothing where there was none. */
export const changeOfBrief = (before: Brief, after: Brief): { readonly brief?: unknown } =>
  briefVersion(before) === briefVersion(after) ? {} : { brief: { before, after } };

export class Briefs {
  #versions: BriefVersion[];

  constructor(
    { spec, createdAt }: Pick<FederationRecord, 'spec' | 'createdAt'>,
    journal: readonly JournalRecord[],
  ) {
    const lines = sinceMade(journal);
    const first = lines.map(({ payload }) => v.safeParse(Changed, payload)).find(({ success }) => success);
    const brief = first?.success === true ? first.output.brief.before : spec.brief;
    this.#versions = [{ version: briefVersion(brief), at: createdAt, brief, runs: [] }];
    for (const { type, payload, at } of lines) {
      const changed = v.safeParse(Changed, payload);
      if (changed.success) this.changed(changed.output.brief.after, at);
      const started = type === 'started' ? v.safeParse(Started, payload) : undefined;
      if (started?.success === true) this.started(started.output.run);
    }
  }

  /** Oldest first. */
  get views(): readonly BriefVersion[] {
    return this.#versions;
  }

  /** Of a version of the model: that of its run; one of no run has the first. */
  ofRun(run: RunNumber | null): BriefVersion {
    const first = this.#versions[0];
    if (first === undefined) throw new Error('A federation without a brief.');
    return run === null ? first : (this.#versions.find(({ runs }) => runs.includes(run)) ?? first);
  }

  changed(brief: Brief, at: number): void {
    if (briefVersion(brief) === this.#versions.at(-1)?.version) return;
    this.#versions = [...this.#versions, { version: briefVersion(brief), at, brief, runs: [] }];
  }

  started(run: RunNumber): void {
    const last = this.#versions.at(-1);
    if (last !== undefined) this.#versions = this.#versions.with(-1, { ...last, runs: [...last.runs, run] });
  }
}
