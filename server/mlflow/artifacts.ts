// Files of tracked runs: MLflow's proxy of artifacts (mlflow/server/handlers.py, mlflow-artifacts/artifacts/<path>): put, had again,
// listed, deleted. A path is that of an experiment, a run, `artifacts` and what the client calls the file; nothing else is a path here.
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { json, type Reply } from '../http/reply.ts';
import type { TrackingStore } from '../ports/tracking.ts';
import { mlflowRefusal } from './errors.ts';
import { readMlflow, requests } from './requests.ts';
import { artifactUri } from './told.ts';
import type { MlflowHandle } from './tracking-routes.ts';

export interface ArtifactLimits {
  /** Of one file. */
  readonly fileBytes: number;
  /** Of all together. */
  readonly allBytes: number;
  readonly files: number;
}
export const usualArtifactLimits: ArtifactLimits = {
  fileBytes: 256 * 1024 ** 2,
  allBytes: 4 * 1024 ** 3,
  files: 100_000,
};

const PART = /^[^\u0000-\u001f/\\]{1,200}$/;
const DEEPEST = 12;

/** The parts of a path below the store; undefined where one leads elsewhere. */
function partsOf(path: string): readonly string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length <= DEEPEST && parts.every((part) => PART.test(part) && part !== '.' && part !== '..')
    ? parts
    : undefined;
}

export interface Artifacts {
  readonly put: (request: IncomingMessage, path: string) => Promise<Reply>;
  readonly get: (path: string) => Promise<Reply>;
  readonly remove: (path: string) => Promise<Reply>;
  /** What lies in a folder of the proxy. */
  readonly list: MlflowHandle;
  /** What lies in a folder of a run. */
  readonly listOfRun: MlflowHandle;
  /** Of the runs that were deleted, the one that was so first goes for good, with its files; false: there is none. */
  readonly purgeOldest: () => Promise<boolean>;
}

/** `root` is made with the first file. */
export async function openArtifacts(
  root: string,
  store: Pick<TrackingStore, 'info' | 'purgeOldest'>,
  limits: ArtifactLimits = usualArtifactLimits,
): Promise<Artifacts> {
  let kept = await sizeOf(root);
  /** Bytes that uploads under way may still take. */
  let arriving = 0;

  /** Of a run that there is; undefined: nothing may lie there. */
  const placeOf = (path: string): string | undefined => {
    const parts = partsOf(path);
    const [experiment, run = '', folder] = parts ?? [];
    if (parts === undefined || parts.length < 4 || folder !== 'artifacts') return undefined;
    return store.info(run)?.experiment === experiment ? join(root, ...parts) : undefined;
  };
  const nowhere = (path: string): Reply =>
    mlflowRefusal(
      'RESOURCE_DOES_NOT_EXIST',
      `There is no artifact at ${path}: the path is experiment/run/artifacts/file, of a run of this server.`,
    );
  const listed = async (
    parts: readonly string[],
    prefix: string,
  ): Promise<{ readonly path: string; readonly is_dir: boolean; readonly file_size?: number }[]> => {
    const folder = join(root, ...parts);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return Promise.all(
      entries
        .filter((entry) => !entry.name.startsWith('.part-'))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(async (entry) => {
          const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
          return entry.isDirectory()
            ? { path, is_dir: true }
            : { path, is_dir: false, file_size: (await stat(join(folder, entry.name))).size };
        }),
    );
  };

  async function purgeOldest(): Promise<boolean> {
    const run = store.purgeOldest();
    if (run === undefined) return false;
    const folder = join(root, run.experiment, run.id);
    const gone = await sizeOf(folder);
    await rm(folder, { recursive: true, force: true });
    kept = { files: kept.files - gone.files, bytes: kept.bytes - gone.bytes };
    return true;
  }
  /** Deleted runs make way until one more file of so many bytes has room, or there are none. */
  async function makeRoom(told: number): Promise<void> {
    const isRoom = (): boolean =>
      kept.files < limits.files && told <= limits.allBytes - kept.bytes - arriving;
    while (!isRoom() && (await purgeOldest()));
  }

  return {
    purgeOldest,
    async put(request, path) {
      const place = placeOf(path);
      if (place === undefined) return nowhere(path);
      const tooMuch = (what: string): Reply => mlflowRefusal('RESOURCE_LIMIT_EXCEEDED', what);
      const before = await stat(place).catch(() => undefined);
      if (before?.isDirectory() === true)
        return mlflowRefusal('INVALID_PARAMETER_VALUE', `${path} is a folder.`);
      const told = Number(request.headers['content-length'] ?? 0);
      if (told <= limits.fileBytes) await makeRoom(told);
      // It may have been of a run that made way.
      if (placeOf(path) === undefined) return nowhere(path);
      if (kept.files >= limits.files) return tooMuch(`This server keeps ${limits.files} artifacts at most.`);
      const room = Math.min(limits.fileBytes, limits.allBytes - kept.bytes - arriving);
      if (told > room) return tooMuch(`The file has ${told} bytes, and there is room for ${room}.`);
      // Who comes meanwhile finds that room taken.
      const reserved = request.headers['content-length'] === undefined ? room : told;
      arriving += reserved;
      const part = join(dirname(place), `.part-${randomUUID()}`);
      let bytes = 0;
      try {
        await mkdir(dirname(place), { recursive: true });
        const file = await open(part, 'wx');
        try {
          for await (const piece of request) {
            if (!Buffer.isBuffer(piece)) continue;
            bytes += piece.length;
            if (bytes > room)
              return tooMuch(`The file is larger than the ${room} bytes that there is room for.`);
            await file.appendFile(piece);
          }
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, place);
      } finally {
        arriving -= reserved;
        await rm(part, { force: true });
      }
      kept = {
        files: kept.files + (before === undefined ? 1 : 0),
        bytes: kept.bytes + bytes - (before?.size ?? 0),
      };
      return json(200, {});
    },
    async get(path) {
      const place = placeOf(path);
      const found = place === undefined ? undefined : await stat(place).catch(() => undefined);
      if (place === undefined || found?.isFile() !== true) return nowhere(path);
      return {
        status: 200,
        headers: {
          'content-type': 'application/octet-stream',
          // Somebody else's file is never a page of ours.
          'content-disposition': 'attachment',
          'content-length': String(found.size),
          'cache-control': 'no-store',
        },
        // Opened when it is read: a HEAD reads nothing, and would leave it open.
        body: (async function* () {
          yield* createReadStream(place);
        })(),
      };
    },
    async remove(path) {
      const place = placeOf(path);
      if (place === undefined) return nowhere(path);
      await rm(place, { recursive: true, force: true });
      kept = await sizeOf(root);
      return json(200, {});
    },
    async list(request, query) {
      const read = await readMlflow(request, query, requests.artifactFolder);
      if (!read.ok) return read.error;
      const parts = partsOf(read.value.path);
      const [experiment, run = ''] = parts ?? [];
      if (parts === undefined || store.info(run)?.experiment !== experiment) return nowhere(read.value.path);
      return json(200, { files: await listed(parts, '') });
    },
    async listOfRun(request, query) {
      const read = await readMlflow(request, query, requests.listArtifacts);
      if (!read.ok) return read.error;
      const { run_id: id, run_uuid: old, path } = read.value;
      const run = store.info(id ?? old ?? '');
      if (run === undefined)
        return mlflowRefusal('RESOURCE_DOES_NOT_EXIST', `There is no run ${id ?? old ?? ''} on this server.`);
      const parts = partsOf(path);
      if (parts === undefined)
        return mlflowRefusal('INVALID_PARAMETER_VALUE', `${path} is no path of an artifact.`);
      const files = await listed([run.experiment, run.id, 'artifacts', ...parts], parts.join('/'));
      return json(200, { root_uri: artifactUri(run), files });
    },
  };
}

async function sizeOf(root: string): Promise<{ readonly files: number; readonly bytes: number }> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  let [files, bytes] = [0, 0];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}
