// Which program made something, as a manifest tells it: Tributary by its sources, its libraries, and what ran it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { programName, projectFolder } from './project-folder.ts';

export const ProgramUsed = v.strictObject({
  /** Of Tributary: its version, and behind a + the digest of its sources with the locked versions of all libraries. */
  program: v.string(),
  /** "v22.4.0": functions as exp are its own. */
  node: v.string(),
  /** "linux x64" */
  platform: v.string(),
  /** Those that package.json names, each of them pinned. */
  libraries: v.record(v.string(), v.string()),
});
export type ProgramUsed = v.InferOutput<typeof ProgramUsed>;

export const programUsed = (): ProgramUsed => ({
  program: programName(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  libraries: v.parse(
    v.object({ dependencies: v.record(v.string(), v.string()) }),
    JSON.parse(readFileSync(join(projectFolder(), 'package.json'), 'utf8')),
  ).dependencies,
});

/** What of two programs is not the same, "Node v20.1.0 then, v22.4.0 now"; none where they are one. */
export function programDifferences(then: ProgramUsed, now: ProgramUsed): string[] {
  const pair = (name: string, before: string | undefined, after: string | undefined): string[] =>
    before === after ? [] : [`${name} ${before ?? 'none'} then, ${after ?? 'none'} now`];
  const names = [...new Set([...Object.keys(then.libraries), ...Object.keys(now.libraries)])].sort();
  return [
    ...pair('Tributary', then.program, now.program),
    ...pair('Node', then.node, now.node),
    ...pair('platform', then.platform, now.platform),
    ...names.flatMap((name) => pair(name, then.libraries[name], now.libraries[name])),
  ];
}
