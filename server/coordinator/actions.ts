// What a signed-in coordinator may do to a federation. Each action is durable when its promise resolves; where the disk has no
// room for it, it rejects with RecordsFull or BlobSpaceFull, and nothing was done.
import * as v from 'valibot';
import { canonicalText } from '#lib/core/canonical.ts';
import { bytesOf, digestOf } from '#lib/core/digest.ts';
import { completion, firstParameters, type FederatedModel } from '#lib/core/federated-model.ts';
import { modelText, type FederationSpec } from '#lib/core/federation.ts';
import { RunNumber, VersionNumber, type FederationId, type ParticipantId } from '#lib/core/ids.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import type { RunAction } from '#lib/protocol/http.ts';
import { BlobMissing } from '../ports/blobs.ts';
import type { Change, FederationRecord, RunRecord, VersionRecord } from '../ports/records.ts';
import { turnAwayUninvited } from './access.ts';
import { changeOfBrief, numbered } from './briefs.ts';
import { finishRun } from './ending.ts';
import type { Federation } from './federation.ts';
import { keptFromLive, moved, pinsAt } from './live-version.ts';
import { isReadable } from './version-damage.ts';
import type { FormIssue } from './check-spec.ts';
import { BlobDamaged, readParameters } from './stored-updates.ts';
import { madeByNone } from './version-log.ts';
import { versionOfNoRound } from './version-of-no-round.ts';

/** Why an action is not possible now, in a sentence. */
export interface ActionRefusal {
  readonly error:
    'not-now' | 'gate-failed' | 'unknown-version' | 'unknown-participant' | 'unknown-invitation' | 'invalid';
  readonly message: string;
  readonly issues?: readonly FormIssue[];
}
const notNow = (message: string): { ok: false; error: ActionRefusal } => fail({ error: 'not-now', message });

const first = v.parse(VersionNumber, 0);

export function initialVersion(
  federation: FederationId,
  spec: FederationSpec,
  model: FederatedModel,
  at: number,
): {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly record: VersionRecord;
} {
  const parameters = firstParameters(model, spec);
  const bytes = bytesOf(parameters);
  return {
    parameters,
    record: versionOfNoRound({
      federation,
      version: first,
      digest: digestOf(bytes),
      bytes: bytes.length,
      parent: null,
      committedAt: at,
    }),
  };
}

export function act(federation: Federation, action: RunAction): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record } = federation;
    switch (action) {
      case 'start': {
        if (record.state !== 'draft' && record.state !== 'finished')
          return notNow('The federation runs already.');
        const complete = await completionOfHead(federation);
        if (complete !== undefined) return notNow(`${complete} For another model make a new federation.`);
        const at = federation.around.clock.now();
        const number = v.parse(RunNumber, (record.run ?? 0) + 1);
        const run: RunRecord = {
          federation: record.id,
          run: number,
          spec: record.spec,
          startedAt: at,
          endedAt: null,
          outcome: null,
        };
        const next: FederationRecord = { ...record, state: 'running', run: number, roundsCommitted: 0 };
        await federation.write([
          { type: 'change-federation', record: next },
          { type: 'put-run', record: run },
          federation.entry('started', { run: number }),
          // From here on version 0 stays what it is.
          ...(federation.log.size === 0 ? [federation.logged(federation.versions.head, madeByNone)] : []),
        ]);
        federation.run = run;
        federation.record = next;
        federation.briefs.started(number);
        break;
      }
      case 'pause':
        if (record.state !== 'running') return notNow('Only a running federation can be paused.');
        await become(federation, 'paused');
        break;
      case 'resume':
        if (record.state !== 'paused') return notNow('Only a paused federation can be resumed.');
        await become(federation, 'running');
        break;
      case 'finish':
        if (record.state !== 'running' && record.state !== 'paused')
          return notNow('There is no run to finish.');
        await finishRun(federation, 'The coordinator ended the run.');
        break;
      default:
        action satisfies never;
    }
    // The action is done: what follows from it may wait for room.
    await federation.whenThereIsRoom('go-on', () => federation.goOn());
    federation.changed();
    return ok(undefined);
  });
}

/** Why the newest version needs no further round; undefined where it does, or where its bytes cannot be had: a round finds that out. */
async function completionOfHead({ model, versions, around }: Federation): Promise<string | undefined> {
  if (model.type === 'network') return undefined;
  try {
    return completion(model, await readParameters(around.blobs, versions.head.digest, model.parameterCount));
  } catch (error) {
    if (error instanceof BlobMissing || error instanceof BlobDamaged) return undefined;
    throw error;
  }
}

async function become(federation: Federation, state: 'running' | 'paused'): Promise<void> {
  const record: FederationRecord = { ...federation.record, state };
  await federation.write([
    { type: 'change-federation', record },
    federation.entry(state === 'paused' ? 'paused' : 'resumed'),
  ]);
  federation.record = record;
}

/**
 * A draft may change wholly, and gets a new version 0. Once there are versions, data contract and model stay: every version
 * must be usable by the same rows.
 */
export function change(
  federation: Federation,
  wanted: FederationSpec,
  model: FederatedModel,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record, versions, around } = federation;
    if (record.state !== 'draft' && record.state !== 'finished')
      return notNow('A running federation cannot be changed. Finish its run first.');
    if (federation.surveys.isOpen)
      return notNow('A survey is under way, by the settings as they are. Change them when it has ended.');
    const isHeldOut = neverTrains(record.id, wanted.rules);
    const apart = federation.roots?.find(isHeldOut);
    // Of drafts alone: where there are versions the share stays, and no device that it holds out is ever trusted.
    if (apart !== undefined) {
      const message = `Device ${apart} is trusted as root, and would be held out and never train. Trust it no longer, or hold out another share of the devices.`;
      const issues: FormIssue[] = [{ path: 'spec.rules.heldOutDevices', message }];
      return fail<ActionRefusal>({ error: 'invalid', message, issues });
    }
    const brief = numbered(record.spec.brief, wanted.brief);
    const spec = { ...wanted, brief };
    // Those left over from a strategy that was changed since are no roots where they never train.
    const roots = record.roots.filter((one) => !isHeldOut(one));
    const next: FederationRecord = { ...record, spec, roots };
    const { name: metric } = spec.metric;
    const { heldOutDevices } = spec.rules;
    const isJudgedAnew =
      metric !== record.spec.metric.name || heldOutDevices !== record.spec.rules.heldOutDevices;
    const heard = isJudgedAnew ? await around.records.evaluations(record.id) : undefined;
    const changes: Change[] = [
      { type: 'change-federation', record: next },
      federation.entry('changed', {
        ...changeOfBrief(record.spec.brief, brief),
        ...changeOfGates(record.spec, spec),
      }),
    ];
    if (record.state === 'draft') {
      const initial = initialVersion(record.id, spec, model, around.clock.now());
      const digest = await around.blobs.put(bytesOf(initial.parameters));
      const former = versions.head.digest;
      try {
        await federation.write([...changes, { type: 'replace-initial-version', record: initial.record }]);
      } catch (error) {
        await federation.release(digest);
        throw error;
      }
      versions.replaceAll(initial.record);
      federation.model = model;
      federation.damage = undefined;
      // One holder less either way: the former bytes', or this second hold of the same.
      void federation.release(former === digest ? digest : former);
    } else {
      const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
      const message = 'stays as it is once the federation has versions. Make a new federation for another.';
      const issues: FormIssue[] = [
        ...(differs(spec.contract, record.spec.contract)
          ? [{ path: 'spec.contract', message: `The data contract ${message}` }]
          : []),
        ...(modelText(spec) !== modelText(record.spec)
          ? [
              spec.recipe?.digest === record.spec.recipe?.digest
                ? {
                    path: 'network' in spec ? 'spec.network' : 'spec.family',
                    message: `The model ${message}`,
                  }
                : { path: 'spec.recipe', message: `How rows are prepared ${message}` },
            ]
          : []),
        // A device that has trained can be none that never did.
        ...(heldOutDevices !== record.spec.rules.heldOutDevices
          ? [
              {
                path: 'spec.rules.heldOutDevices',
                message: `The share of devices that never train ${message}`,
              },
            ]
          : []),
      ];
      if (issues.length > 0)
        return fail<ActionRefusal>({ error: 'invalid', message: issues[0]?.message ?? message, issues });
      await federation.write(changes);
    }
    if (heard !== undefined) versions.judgeBy(metric, isHeldOut, record.state === 'draft' ? [] : heard);
    federation.attendance.holdOut(isHeldOut);
    federation.record = next;
    federation.briefs.changed(brief, around.clock.now());
    await turnAwayUninvited(federation);
    federation.changed();
    return ok(undefined);
  });
}

/** What a version must reach, and by which metric it is judged: whoever makes another version live by changing these leaves a line. */
const changeOfGates = (before: FederationSpec, after: FederationSpec): { readonly gates?: unknown } =>
  canonicalText(gatesOf(before)) === canonicalText(gatesOf(after))
    ? {}
    : { gates: { before: gatesOf(before), after: gatesOf(after) } };
const gatesOf = ({ gates = [], metric }: FederationSpec) => ({ gates, metric });

/** `live` names a version by hand, and commits leave it there, until it is moved to the newest again that it may name. */
export function moveLive(
  federation: Federation,
  version: VersionNumber,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record, versions } = federation;
    const wanted = versions.get(version);
    if (wanted === undefined)
      return fail<ActionRefusal>({ error: 'unknown-version', message: `There is no version ${version}.` });
    if (versions.isDamaged(version) || !(await isReadable(federation, wanted)))
      return notNow(`Version ${version} is damaged on the server’s disk. Make another one live.`);
    const kept = keptFromLive(federation, wanted);
    if (kept !== undefined)
      return fail<ActionRefusal>({
        error: 'gate-failed',
        message: `Version ${version} may not be live. ${kept.says}`,
        issues: kept.issues,
      });
    const next: FederationRecord = { ...record, live: version, livePinned: pinsAt(federation, version) };
    const at = federation.around.clock.now();
    await federation.write([
      { type: 'change-federation', record: next },
      moved(federation, { alias: 'live', version, at, by: 'coordinator' }),
      federation.entry('live-moved', { version }),
    ]);
    federation.record = next;
    federation.changed();
    return ok(undefined);
  });
}

/**
 * Trusts a device as root, whose updates the others are measured against, or no longer. An open round that needs a root goes by it
 * at once.
 */
export function trust(
  federation: Federation,
  participant: ParticipantId,
  isTrusted: boolean,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record, roots } = federation;
    if (roots === null)
      return notNow(
        'No update is measured against another’s here: only a strategy like FLTrust needs a device that is trusted as root.',
      );
    if (isTrusted && !federation.knows(participant))
      return fail<ActionRefusal>({
        error: 'unknown-participant',
        message: `No device ${participant} is here or took part of late. Trust it once it has checked in.`,
      });
    if (isTrusted && federation.attendance.isHeldOut(participant))
      return notNow('This device is held out and never trains: trust one that does.');
    if (roots.includes(participant) === isTrusted) return ok(undefined);
    const others = roots.filter((one) => one !== participant);
    const next: FederationRecord = { ...record, roots: isTrusted ? [...others, participant] : others };
    await federation.write([
      { type: 'change-federation', record: next },
      federation.entry(isTrusted ? 'root-trusted' : 'root-trusted-no-longer', { participant }),
    ]);
    federation.record = next;
    // The mark is made: what follows from it may wait for room.
    await federation.whenThereIsRoom('roots', async () => {
      const { attendance, around } = federation;
      await federation.feed({ type: 'roots', roots: next.roots, at: around.clock.now() });
      const candidate = attendance.candidateOf(participant);
      if (candidate !== undefined && !attendance.isHeldOut(participant))
        await federation.opening.offer([candidate]);
      await federation.goOn();
    });
    federation.changed();
    return ok(undefined);
  });
}
