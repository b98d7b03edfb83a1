// Whether a server hands out the files of this very build: its list of them, and each file's own bytes, against the list that was
// made here. What a server does beyond its files nobody can see from outside.
import { digestOf } from '#lib/core/digest.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import * as v from 'valibot';
import { BuildManifest, importMapOf, MANIFEST_PATH } from './page-integrity.ts';

export interface BuildDifference {
  /** A path that is served; "a page" for what is not a file. */
  readonly path: string;
  readonly problem: string;
}

export interface Comparison {
  readonly files: number;
  /** The sources are said to be the same. */
  readonly isSameSources: boolean;
  readonly differences: readonly BuildDifference[];
}

type Fetch = (address: string) => Promise<Response>;

/** At once; a server takes 32 connections of one address. */
const LANES = 8;

/** Fails with a sentence where the server cannot be asked, or does not say what it serves. */
export async function compareBuild(
  own: BuildManifest,
  server: string,
  ask: Fetch = fetch,
): Promise<Result<Comparison, string>> {
  const at = (path: string): string => new URL(path, server).href;
  let theirs: BuildManifest;
  let page: string;
  try {
    const response = await ask(at(MANIFEST_PATH));
    if (!response.ok)
      return fail(
        `${at(MANIFEST_PATH)} is answered ${response.status}: the server is older than the list, or keeps it back.`,
      );
    const read = v.safeParse(BuildManifest, await response.json());
    if (!read.success) return fail(`${at(MANIFEST_PATH)} is not a list of what a build serves.`);
    theirs = read.output;
    page = await (await ask(at('/'))).text();
  } catch (error) {
    return fail(`${server} cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
  }
  const paths = [...new Set([...Object.keys(own.files), ...Object.keys(theirs.files)])].sort();
  const found = new Map<string, string>();
  const left = paths[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const path of left) {
      const problem = await problemOf(digestIn(own, path), () => ask(at(path)));
      if (problem !== undefined) found.set(path, problem);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const differences = paths.flatMap((path) => {
    const problem = found.get(path);
    return problem === undefined ? [] : [{ path, problem }];
  });
  return ok({
    files: paths.length,
    isSameSources: own.sources === theirs.sources,
    differences: [...differences, ...pageProblems(own, page)],
  });
}

/** The paths are the server’s: what it calls “constructor” is no file of this build. */
const digestIn = ({ files }: BuildManifest, path: string): string | undefined =>
  Object.hasOwn(files, path) ? files[path] : undefined;

/** @param own what the file should be; undefined: this build has none */
async function problemOf(own: string | undefined, ask: () => Promise<Response>): Promise<string | undefined> {
  if (own === undefined) return 'is served there, and is no file of this build.';
  try {
    const response = await ask();
    if (!response.ok) return `is answered ${response.status} there.`;
    const theirs = digestOf(new Uint8Array(await response.arrayBuffer()));
    return theirs === own ? undefined : `is ${theirs} there, and ${own} in this build.`;
  } catch (error) {
    return `cannot be had: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The home page: it must hold browsers to the modules of this build, and name no script from elsewhere. */
function pageProblems(own: BuildManifest, page: string): readonly BuildDifference[] {
  const problem = (text: string): BuildDifference => ({ path: 'a page', problem: text });
  const [, map] = /<script type="importmap">(.*?)<\/script>/s.exec(page) ?? [];
  const foreign = [...page.matchAll(/<script[^>]*\ssrc="([^"]+)"/g)]
    .map(([, address = '']) => address.replace(/^(\.{0,2}\/)+/, ''))
    .filter((path) => digestIn(own, path) === undefined);
  return [
    ...(map === importMapOf(own.files)
      ? []
      : [problem('does not hold browsers to the modules of this build: its import map is another.')]),
    ...foreign.map((path) => problem(`names a script that is no file of this build: ${path}`)),
  ];
}
