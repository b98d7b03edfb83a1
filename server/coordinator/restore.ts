// A version whose bytes the disk has damaged or lost, and how a federation goes on without it: the bytes of its newest intact
// ancestor become a new version, so that version numbers stay dense, every version keeps its parent, and nothing that was
// published is taken back. The damaged versions stay in the list, marked, and are not served.
import * as v from 'valibot';
import type { Digest } from '#lib/core/ids.ts';
import { VersionNumber } from '#lib/core/ids.ts';
import type { Change, FederationRecord, JournalRecord, VersionRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';
import { hasGates, moved, readableLive } from './live-version.ts';
import { damageOf, isReadable } from './version-damage.ts';
import { madeByNone } from './version-log.ts';
import { versionOfNoRound } from './version-of-no-round.ts';

const Restored = v.object({ damaged: v.array(VersionNumber) });

/** Versions that were once found damaged, by what the journal says of it. */
export const onceDamaged = (journal: readonly JournalRecord[]): VersionNumber[] =>
  journal.flatMap((entry) => {
    const read = entry.type === 'restored' ? v.safeParse(Restored, entry.payload) : undefined;
    return read?.success === true ? read.output.damaged : [];
  });

/**
 * Reads the newest version, and those of `doubtful` that are known to have been damaged, against their digests; where the
 * newest is damaged, goes on from its newest intact ancestor; where that which is live is, another one becomes so. Within the queue,
 * before a round opens.
 */
export async function goOnFromIntact(
  federation: Federation,
  doubtful: readonly VersionNumber[] = [],
): Promise<void> {
  const { versions } = federation;
  for (const number of doubtful) {
    const version = versions.get(number);
    // Somebody may have put the bytes back meanwhile.
    if (version !== undefined && (await damageOf(federation, version)) !== undefined)
      versions.markDamaged(number);
  }
  const { head } = versions;
  const lost: VersionRecord[] = [];
  for (let version: VersionRecord | undefined = head; version !== undefined;) {
    if (await isReadable(federation, version, 'all')) break;
    lost.push(version);
    version = version.parent === null ? undefined : versions.get(version.parent);
  }
  // A copy of the data directory may lack the file of what was live, while the newest is whole.
  const live = versions.get(federation.record.live);
  if (live !== undefined && !versions.isDamaged(live.version)) await isReadable(federation, live);
  const last = lost.at(-1);
  if (last === undefined) return leaveDamaged(federation);
  const intact = last.parent === null ? undefined : versions.get(last.parent);
  if (intact === undefined) {
    federation.damage = `Version ${head.version} is damaged on the server’s disk, and so is every version that it came from: no round opens. Restore the data directory from a copy.`;
    federation.changed();
    return;
  }
  await restore(federation, intact, lost);
}

/** Makes the newest readable version live that may be, where the one that is cannot be read: with gates one that passes, if any does. */
async function leaveDamaged(federation: Federation): Promise<void> {
  const { record, versions, around } = federation;
  if (!versions.isDamaged(record.live)) return;
  const found = (await readableLive(federation)) ?? versions.head;
  const next: FederationRecord = { ...record, live: found.version, livePinned: false };
  const at = around.clock.now();
  await federation.write([
    { type: 'change-federation', record: next },
    moved(federation, { alias: 'live', version: found.version, at, by: 'automatic' }),
    federation.entry('live-moved', { version: found.version, damaged: record.live }),
  ]);
  federation.record = next;
  federation.changed();
}

async function restore(
  federation: Federation,
  intact: VersionRecord,
  lost: readonly VersionRecord[],
): Promise<void> {
  const { versions, around } = federation;
  const { head } = versions;
  const { clock, blobs, log } = around;
  await federation.feed({
    type: 'cancelled',
    reason: `Version ${head.version}, which the round trains from, is damaged on the server’s disk.`,
    at: clock.now(),
  });
  const at = clock.now();
  const { record } = federation;
  const version = v.parse(VersionNumber, head.version + 1);
  const made = versionOfNoRound({
    federation: record.id,
    version,
    digest: intact.digest,
    bytes: intact.bytes,
    state: intact.state,
    residual: intact.residual,
    parent: intact.version,
    committedAt: at,
  });
  // A version that somebody made live by hand stays live, unless it is one of those that are lost.
  const keepsLive = (record.livePinned || hasGates(record)) && !versions.isDamaged(record.live);
  // Something must be live: with gates the newest that passes them, and this one only where none is left.
  const passing = keepsLive || !hasGates(record) ? undefined : await readableLive(federation);
  const live = passing?.version ?? version;
  const next: FederationRecord = keepsLive ? record : { ...record, live, livePinned: false };
  const move: Change = {
    type: 'move-alias',
    federation: record.id,
    move: { alias: 'live', version: live, at, by: 'automatic' },
  };
  const damaged = lost.map((one) => one.version).sort((a, b) => a - b);
  const digest: Digest = intact.digest;
  await federation.write([
    { type: 'insert-version', record: made },
    ...(keepsLive ? [] : [{ type: 'change-federation', record: next } as const, move]),
    federation.entry('restored', { version, parent: intact.version, digest, damaged }),
    federation.logged(made, madeByNone),
  ]);
  blobs.retain(digest);
  for (const more of [made.state, made.residual]) if (more !== null) blobs.retain(more);
  versions.add(made);
  federation.record = next;
  log.error(
    { federation: record.id, version, parent: intact.version, damaged },
    'the federation goes on from its newest intact version',
  );
  federation.changed();
}
