// Reads the two answers that a participant's page asks its own server for, again and again. The server has checked every
// value by the full schemas before it kept it, and the page comes from the same server: here the shape's outline is enough, and
// the join page stays without the schema library. Whatever acts on an answer (worker, console) reads it by the schemas.
import type { FederationView, VersionView } from '../protocol/views.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isVersion = (value: unknown): value is VersionView =>
  isRecord(value) &&
  typeof value['version'] === 'number' &&
  typeof value['digest'] === 'string' &&
  'evaluation' in value;

export const isFederation = (value: unknown): value is FederationView =>
  isRecord(value) &&
  typeof value['id'] === 'string' &&
  typeof value['state'] === 'string' &&
  typeof value['status'] === 'string' &&
  isRecord(value['spec']) &&
  isRecord(value['spec']['brief']) &&
  isRecord(value['spec']['contract']) &&
  isRecord(value['spec']['rules']) &&
  (value['round'] === null || (isRecord(value['round']) && Array.isArray(value['round']['cohort']))) &&
  isVersion(value['head']);

export const areVersions = (value: unknown): value is readonly VersionView[] =>
  Array.isArray(value) && value.every(isVersion);
