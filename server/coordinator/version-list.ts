// A federation's versions and what was said of them, in memory: few numbers each, read by every page.
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Digest, ParticipantId, RunNumber, VersionNumber } from '#lib/core/ids.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { anchorOf } from '#lib/core/update/broadcast.ts';
import type { Codec } from '#lib/core/update/codec/codec.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import type { Evaluated, VersionDelta, VersionView } from '#lib/protocol/views.ts';
import type { EvaluationRecord, VersionRecord } from '../ports/records.ts';
import { SurveyedVersions } from './surveyed-versions.ts';
import { VersionScores } from './version-scores.ts';
import { reachesTarget, versionView } from './views.ts';

/** Late comers further behind than this get the whole version. */
const MOST_DELTAS = 8;

export class VersionList {
  #records: VersionRecord[];
  readonly #evaluations = new Map<VersionNumber, VersionScores>();
  readonly #surveyed = new SurveyedVersions();
  readonly #heard = new Set<string>();
  readonly #damaged = new Set<VersionNumber>();

  #metric: MetricName;
  #isHeldOut: (participant: ParticipantId) => boolean;

  /** `isHeldOut`: whether a device never trains. */
  constructor(
    records: readonly VersionRecord[],
    metric: MetricName,
    isHeldOut: (participant: ParticipantId) => boolean,
    evaluations: readonly EvaluationRecord[],
  ) {
    this.#records = [...records];
    this.#metric = metric;
    this.#isHeldOut = isHeldOut;
    for (const one of evaluations) this.merge(one);
  }

  get head(): VersionRecord {
    const head = this.#records.at(-1);
    if (head === undefined) throw new Error('A federation without a version 0: it was not made by create().');
    return head;
  }

  get(version: VersionNumber): VersionRecord | undefined {
    // Numbers are dense from 0.
    return this.#records[version];
  }

  /** Ascending, from this number on. */
  from(version: number): readonly VersionRecord[] {
    return this.#records.slice(version);
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
    // A difference leads nowhere that its digest does not name: whoever applies it checks.
    if (record === undefined)
      return this.#records.some((one) => one.delta?.digest === digest) ? 'intact' : 'unknown';
    return this.isDamaged(record.version) ? 'damaged' : 'intact';
  }

  /** The newest version with which a strategy remembers these bytes. */
  ofState(digest: Digest): VersionRecord | undefined {
    return this.#records.findLast((one) => one.state === digest);
  }

  /** The run whose strategy made what is remembered with the newest version: that of the version which it stands in for. */
  get runOfState(): RunNumber | null {
    let version: VersionRecord | undefined = this.head;
    while (version !== undefined && version.run === null && version.parent !== null)
      version = this.get(version.parent);
    return version?.run ?? null;
  }

  /** Of everything that versions keep on the disk: parameters, differences, and what is remembered with them. */
  digests(): readonly Digest[] {
    return this.#records.flatMap(({ digest, state, residual, delta }) =>
      [digest, state, residual, delta?.digest].filter((one) => one !== null && one !== undefined),
    );
  }

  /**
   * The differences that lead to a version, newest first: at most MOST_DELTAS, and only as long as they are fewer bytes than
   * the whole of it.
   */
  deltasTo(version: VersionNumber): VersionDelta[] {
    const deltas: VersionDelta[] = [];
    let record = this.get(version);
    const most = record?.bytes ?? 0;
    let bytes = 0;
    while (record?.delta != null && deltas.length < MOST_DELTAS) {
      const delta = this.#deltaOf(record);
      bytes += record.delta.bytes;
      if (delta === null || bytes >= most) break;
      deltas.push(delta);
      record = this.get(record.delta.anchor);
    }
    return deltas;
  }

  /** What devices fetch to come to a version: itself, or its anchor, and differences. */
  fetchedFor({ version, digest }: VersionRecord): readonly Digest[] {
    const deltas = this.deltasTo(version);
    return [digest, ...deltas.slice(0, 1).map((delta) => delta.from), ...deltas.map((delta) => delta.digest)];
  }

  #deltaOf({ version, digest, delta }: VersionRecord): VersionDelta | null {
    const from = delta === null ? undefined : this.get(delta.anchor)?.digest;
    if (delta === null || from === undefined) return null;
    const { anchor: _, ...rest } = delta;
    return { version, from, to: digest, ...rest };
  }

  /** What the difference that makes `version` out of `base` starts from. */
  anchorFor(version: number, base: VersionRecord, codec: Codec): Pick<VersionRecord, 'version' | 'digest'> {
    const { anchor: before = null } = base.delta ?? {};
    const anchor = this.get(anchorOf(version, { version: base.version, anchor: before }, codec));
    return anchor === undefined || this.isDamaged(anchor.version) ? base : anchor;
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
    this.#surveyed.clear();
    this.#heard.clear();
    this.#damaged.clear();
  }

  hasHeard(version: VersionNumber, participant: ParticipantId): boolean {
    return this.#heard.has(`${version}/${participant}`);
  }

  merge({
    version,
    participant,
    tally,
    personal,
    latency,
    slices,
  }: Pick<EvaluationRecord, 'version' | 'participant' | 'tally' | 'personal' | 'latency' | 'slices'>): void {
    if (this.hasHeard(version, participant)) return;
    const scores = this.#evaluations.get(version) ?? new VersionScores(this.#metric);
    if (!scores.add(tally, personal, this.#isHeldOut(participant), { latency, slices })) return;
    this.#heard.add(`${version}/${participant}`);
    this.#evaluations.set(version, scores);
  }

  /** What a survey was answered of a version. */
  surveyed(view: SurveyView): void {
    this.#surveyed.add(view);
  }

  /** What the devices told, each by itself, before what surveys did: it says how they differ, too. */
  #evaluated(version: VersionNumber): Evaluated | null {
    const told = this.#evaluations.get(version)?.view() ?? null;
    const surveyed = this.#surveyed.get(version);
    if (told !== null || surveyed === undefined) return told;
    return { ...surveyed, figure: figure(surveyed.tally, this.#metric) ?? null };
  }

  /** Another success metric, or others that never train: every device's figure is worked out anew. */
  judgeBy(
    metric: MetricName,
    isHeldOut: (participant: ParticipantId) => boolean,
    evaluations: readonly EvaluationRecord[],
  ): void {
    this.#metric = metric;
    this.#isHeldOut = isHeldOut;
    this.#evaluations.clear();
    this.#heard.clear();
    for (const one of evaluations) this.merge(one);
  }

  /** What the devices that train told of it, added up as they tell it; undefined: nothing yet. */
  pooled(version: VersionNumber): { readonly participants: number; readonly tally: Tally } | undefined {
    const scores = this.#evaluations.get(version);
    return scores?.tally === undefined
      ? undefined
      : { participants: scores.participants, tally: scores.tally };
  }

  /** The same sum once curves may be drawn of it. */
  drawn(version: VersionNumber): Tally | undefined {
    return this.#evaluations.get(version)?.drawn;
  }

  view(record: VersionRecord): VersionView {
    return versionView(
      record,
      this.#deltaOf(record),
      this.#evaluated(record.version),
      this.isDamaged(record.version),
    );
  }

  views(): VersionView[] {
    return this.#records.map((record) => this.view(record));
  }

  /** Whether what is known of the newest version ends the run. */
  headReaches(metric: FederationSpec['metric']): boolean {
    const tally = this.#evaluations.get(this.head.version)?.tally;
    return tally !== undefined && reachesTarget(metric, tally);
  }

  /** The metric at each version of the run that was evaluated, in their order. */
  figuresOf(metric: FederationSpec['metric'], run: RunNumber): readonly number[] {
    return this.#records.flatMap((record) => {
      const evaluated = record.run === run ? this.#evaluated(record.version) : null;
      const value = evaluated === null ? undefined : figure(evaluated.tally, metric.name);
      return value === undefined ? [] : [value];
    });
  }

  /** Mean duration of the newest rounds, milliseconds; undefined before the first. */
  get typicalRoundMs(): number | undefined {
    const durations = this.#records
      .slice(-5)
      .flatMap((one) => (one.durationMs === null ? [] : [one.durationMs]));
    if (durations.length === 0) return undefined;
    return durations.reduce((total, one) => total + one, 0) / durations.length;
  }

  /** The newest version of the run that at least so many devices have judged and that reaches the target. */
  newestReaching(
    metric: FederationSpec['metric'],
    run: RunNumber,
    devices: number,
  ): VersionNumber | undefined {
    return this.#records.toReversed().find((record) => {
      const scores = this.#evaluations.get(record.version);
      return (
        record.run === run &&
        scores?.tally !== undefined &&
        scores.participants >= devices &&
        reachesTarget(metric, scores.tally)
      );
    })?.version;
  }

  /** The metric at the newest version that has been evaluated. */
  newestFigure(metric: FederationSpec['metric']): number | null {
    for (const record of this.#records.toReversed()) {
      const evaluated = this.#evaluated(record.version);
      const value = evaluated === null ? undefined : figure(evaluated.tally, metric.name);
      if (value !== undefined) return value;
    }
    return null;
  }
}
