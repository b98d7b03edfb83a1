// Whether the bytes of a version are on the disk, and what their digest says.
import { BlobMissing } from '../ports/blobs.ts';
import type { VersionRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';
import { BlobDamaged, readParameters } from './stored-updates.ts';

/** To train from, a version needs what the strategy and the codec remember with it too; to be live, its parameters. */
type Part = 'all' | 'parameters';

/** What is wrong with the bytes of a version; undefined where they are what their digest says. */
export async function damageOf(
  { around, model }: Federation,
  { digest, state, residual }: VersionRecord,
  part: Part = 'all',
): Promise<string | undefined> {
  try {
    await readParameters(around.blobs, digest, model.parameterCount);
    for (const more of part === 'all' ? [state, residual] : [])
      if (more !== null) await readParameters(around.blobs, more, ((await around.blobs.size(more)) ?? 0) / 4);
    return undefined;
  } catch (error) {
    if (error instanceof BlobMissing || error instanceof BlobDamaged || isReadError(error))
      return String(error);
    throw error;
  }
}

/** A sector that cannot be read is lost like one that reads wrong; everything else says nothing about the bytes. */
const isReadError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EIO';

/** Reads it; one that cannot be read is marked, and said so. */
export async function isReadable(
  federation: Federation,
  version: VersionRecord,
  part: Part = 'parameters',
): Promise<boolean> {
  const damage = await damageOf(federation, version, part);
  if (damage === undefined) return true;
  const { around, record, versions } = federation;
  around.log.error(
    { federation: record.id, version: version.version, error: damage },
    'a version is damaged on disk',
  );
  versions.markDamaged(version.version);
  return false;
}
