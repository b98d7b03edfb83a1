// What holds a page to the files of its build: every script and style that a page names, and every module that it may import later,
// comes with the SHA-256 that its bytes must have (Subresource Integrity; for imports by the import map's "integrity", HTML, §8.1.6.2).
// A cache, a proxy or a disk that changed a file is found out by the browser, which does not run it. A worker's script is out of reach
// of both; a server that lies makes other pages (docs/security.md).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { digestOfText } from '#lib/core/digest.ts';
import { Digest } from '#lib/core/ids.ts';
import type { PageIntegrity } from './application.ts';
import { NoBuild } from './pages.ts';
import { projectFolder } from './project-folder.ts';

/** As server/write-manifest.mjs writes it: what is served, by its path, with its SHA-256 in hex. */
export const BuildManifest = v.object({
  version: v.string(),
  /** Of everything that the build was made of. */
  sources: Digest,
  files: v.record(v.string(), Digest),
});
export type BuildManifest = v.InferOutput<typeof BuildManifest>;

/** Where it lies, and where a server answers with it. */
export const MANIFEST_PATH = 'build-manifest.json';

/** Throws NoBuild where there is none. */
export function readBuildManifest(folder = join(projectFolder(), 'build', 'client')): BuildManifest {
  const path = join(folder, MANIFEST_PATH);
  try {
    return v.parse(BuildManifest, JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new NoBuild(`There is no list of what the build serves (${path}). Run “npm run build” first.`, {
      cause,
    });
  }
}

export const builtIntegrity = (): PageIntegrity => pageIntegrity(readBuildManifest().files);

const sri = (hex: string): string => `sha256-${Buffer.from(hex, 'hex').toString('base64')}`;

/** Modules of pages. Those of workers know no import map. */
const isModule = (path: string): boolean => /^_app\/immutable\/(entry|nodes|chunks)\/.+\.js$/.test(path);
const isStyle = (path: string): boolean => /^_app\/immutable\/assets\/.+\.css$/.test(path);

/** Its first element, which must stay among the first 1024 bytes (HTML, §4.2.5.4). */
const CHARSET = '<meta charset="utf-8" />';
/** A script or a style by its address, however deep the page lies. */
const NAMED = /<(script src|link href)="((?:\.{0,2}\/)+)([^"]+\.(?:js|css))"/g;

/** The import map of every page, as text. */
export const importMapOf = (files: BuildManifest['files']): string => {
  const modules = Object.entries(files).filter(([path]) => isModule(path));
  return JSON.stringify({
    integrity: Object.fromEntries(modules.map(([path, hex]) => [`/${path}`, sri(hex)])),
  });
};

export function pageIntegrity(files: BuildManifest['files']): PageIntegrity {
  const hashes = new Map(Object.entries(files).map(([path, hex]) => [path, sri(hex)]));
  const importMap = importMapOf(files);
  const importMapHash = sri(digestOfText(importMap));
  const styles = [...hashes.keys()].filter(isStyle);
  const attribute = (path: string): string => {
    const hash = hashes.get(path);
    if (hash === undefined)
      throw new Error(`The build serves no ${path}: a page that names it is of another build.`);
    // Fetched by CORS: what is not cannot be checked (Integrity Policy, §2.3).
    return ` integrity="${hash}" crossorigin="anonymous"`;
  };
  const plain = (path: string): string => path.replace(/^(\.{0,2}\/)+/, '');
  return {
    page(html, ahead) {
      const head = [
        CHARSET,
        // Before anything that imports.
        `<script type="importmap">${importMap}</script>`,
        // One for all pages: no script adds another.
        ...styles.map((path) => `<link href="/${path}" rel="stylesheet"${attribute(path)}>`),
        ...ahead.map(plain).map((path) => `<link rel="modulepreload" href="/${path}"${attribute(path)}>`),
      ];
      return html
        .replaceAll(NAMED, (tag, _, __, path: string) => `${tag}${attribute(path)}`)
        .replace(CHARSET, () => head.join('\n    '));
    },
    hold(headers) {
      const policy = headers.get('content-security-policy');
      if (policy === null) return;
      headers.set(
        'content-security-policy',
        policy.replace("script-src 'self'", `script-src 'self' '${importMapHash}'`),
      );
      // Where the browser knows it (Integrity Policy), a script that comes without a hash is not run at all.
      headers.set('integrity-policy', 'blocked-destinations=(script)');
    },
  };
}
