// A head that somebody kept elsewhere (a device's receipt, a printout), against the log in the directory. A directory that was set back
// whole is consistent in itself: only what was kept outside of it tells.
import { bytesToHex } from '@noble/hashes/utils.js';
import { isSigned } from '#lib/core/transparency/follow-head.ts';
import type { SignedHead } from '#lib/core/transparency/statements.ts';
import type { Finding } from './findings.ts';
import type { Stored } from './stored.ts';

export async function auditKeptHead(
  stored: Stored,
  kept: SignedHead,
  publicKey: Uint8Array | undefined,
  found: (finding: Finding) => void,
): Promise<void> {
  const { federation, size, root, journal } = kept.head;
  const fault = (problem: string): void =>
    found({ table: 'version_log', federation, row: `version ${size - 1}`, problem });
  if (publicKey !== undefined && kept.signed.key !== bytesToHex(publicKey))
    return fault('the head that was kept was signed by another key: it is of another server.');
  if (!(await isSigned(kept))) return fault('the head that was kept is not signed: it vouches for nothing.');
  const leaves = stored.rows('version_log', 'version', federation);
  if (leaves.length < size)
    return fault(
      `the head that was kept has ${size} versions, and the log ${leaves.length}: the directory was set back to an older state.`,
    );
  if (leaves[size - 1]?.['root'] !== root)
    return fault('the head that was kept has another root here: this history is not the one that was told.');
  if (!stored.rows('journal', 'sequence', federation).some((line) => line['hash'] === journal))
    fault('the line of the journal that the head vouches for is not there.');
}
