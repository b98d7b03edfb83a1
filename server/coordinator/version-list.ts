// A federation's versions and what was said of them, in memory: few numbers each, read by every page.
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Digest, ParticipantId, RunNumber, VersionNumber } from '#lib/core/ids.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import type { VersionView } from '#lib/protocol/views.ts';
import type { EvaluationRecord, VersionRecord } from '../ports/records.ts';
import { mergeEvaluation, reachesTarget, versionView, type MergedEvaluation } from './views.ts';

export class VersionList {
  #records: VersionRecord[];
  readonly #evaluations = new Map<VersionNumber, MergedEvaluation>();
  readonly #heard = new Set<string>();
  readonly #damaged = new Set<VersionNumber>();

  constructor(records: readonly VersionRecord[], evaluations: readonly EvaluationRecord[]) {
    this.#records = [...records];
    for (const one of evaluations) this.merge(one.version, one.participant, one.tally);
  }

  get head(): VersionRecord {
    const head = this.#records.at(-1);
    if (head === undefined) throw new Error('A federation without a version 0: it was not made by create().');
    return head;
  }

  get(version: VersionNumber): VersionRecord | undefined {
    return this.#records.find((one) => one.version === version);
  }

  has(digest: Digest): boolean {
    return this.#records.some((one) => one.digest === digest);
  }

  /** Its bytes are not what its digest says, or are gone. */
  markDamaged(version: VersionNumber): void {
    this.#damaged.add(version);
  }

  isDamaged(version: VersionNumber): boolean {
    return this.#damaged.has(version);
  }

  /** Versions of the same bytes are damaged together. */
  standingOf(digest: Digest): 'intact' | 'damaged' | 'unknown' {
    const record = this.#records.find((one) => one.digest === digest);
    if (record === undefined) return 'unknown';
    return this.isDamaged(record.version) ? 'damaged' : 'intact';
  }

  /** Of everything that versions keep on the disk: their parameters, and what strategies remember with them. */
  digests(): readonly Digest[] {
    return this.#records.flatMap((one) => (one.state === null ? [one.digest] : [one.digest, one.state]));
  }

  /** How far the versions of a run went from their parents, oldest first. */
  norms(run: RunNumber): number[] {
    return this.#records.flatMap((one) => (one.run === run && one.norm !== null ? [one.norm] : []));
  }

  add(record: VersionRecord): void {
    this.#records.push(record);
    // Bytes that were written anew are whole again, under every number that they have.
    for (const one of this.#records) if (one.digest === record.digest) this.#damaged.delete(one.version);
  }

  /** A draft's version 0, made anew. */
  replaceAll(record: VersionRecord): void {
    this.#records = [record];
    this.#evaluations.clear();
    this.#heard.clear();
    this.#damaged.clear();
  }

  hasHeard(version: VersionNumber, participant: ParticipantId): boolean {
    return this.#heard.has(`${version}/${participant}`);
  }

  merge(version: VersionNumber, participant: ParticipantId, tally: Tally): void {
    const merged = mergeEvaluation(this.#evaluations.get(version), tally);
    if (merged === undefined || this.hasHeard(version, participant)) return;
    this.#heard.add(`${version}/${participant}`);
    this.#evaluations.set(version, merged);
  }

  view(record: VersionRecord): VersionView {
    return versionView(record, this.#evaluations.get(record.version), this.isDamaged(record.version));
  }

  views(): VersionView[] {
    return this.#records.map((record) => this.view(record));
  }

  /** Whether what is known of the newest version ends the run. */
  headReaches(metric: FederationSpec['metric']): boolean {
    const merged = this.#evaluations.get(this.head.version);
    return merged !== undefined && reachesTarget(metric, merged.tally);
  }

  /** The metric at the newest version that has been evaluated. */
  newestFigure(metric: FederationSpec['metric']): number | null {
    for (const record of this.#records.toReversed()) {
      const merged = this.#evaluations.get(record.version);
      const value = merged === undefined ? undefined : figure(merged.tally, metric.name);
      if (value !== undefined) return value;
    }
    return null;
  }
}
