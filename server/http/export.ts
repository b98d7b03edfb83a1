// A version as a file that other tools open.
import * as v from 'valibot';
import { VersionNumber, type FederationId } from '#lib/core/ids.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Blobs } from '../ports/blobs.ts';
import { refusal, type Reply } from './reply.ts';

export async function exportVersion(
  coordinator: Coordinator,
  _blobs: Blobs,
  id: FederationId,
  version: string,
  _query: URLSearchParams,
): Promise<Reply> {
  const number = v.safeParse(VersionNumber, Number(version));
  const view = number.success ? coordinator.versions(id)?.find((one) => one.version === number.output) : undefined;
  if (view === undefined) return refusal(404, 'unknown-version', `There is no version ${version}.`);
  return refusal(400, 'unknown-format', 'Ask for format=tfjs or format=safetensors.');
}
