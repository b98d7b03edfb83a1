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
/** How the names of files begin that are not here in whole. */
const UNDER_WAY = '.part-';

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
  store: Pick<TrackingStore, 'info' | 'purgeOldest' | 'experiments' | 'runs'>,
  limits: ArtifactLimits = usualArtifactLimits,
): Promise<Artifacts> {
  let kept = await sizeOf(root);
  /** Bytes that uploads under way may take, and those of them that came. */
  let arriving = 0;
  let arrived = 0;
  let lastTurn: Promise<unknown> = Promise.resolve();
  /** What purges, and what counts how much that would free, goes one after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = lastTurn.then(work);
    lastTurn = turn.catch(() => {});
    return turn;
  };

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
        .filter((entry) => !entry.name.startsWith(UNDER_WAY))
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
  /** What all runs that were deleted hold. */
  async function purgeable(): Promise<Size> {
    const experiments = store.experiments().map(({ id }) => id);
    let [files, bytes] = [0, 0];
    for (const run of store.runs(experiments, ['deleted'])) {
      const held = await sizeOf(join(root, run.experiment, run.id));
      files += held.files;
      bytes += held.bytes;
    }
    return { files, bytes };
  }
  const isFull = (): boolean => kept.files >= limits.files || kept.bytes + arrived > limits.allBytes;
  /** Deleted runs make way for what came, not for what was only told; false: there are none, and no room. */
  async function makeRoom(): Promise<boolean> {
    if (isFull())
      await inTurn(async () => {
        while (isFull() && (await purgeOldest()));
      });
    return !isFull();
  }

  return {
    purgeOldest: () => inTurn(purgeOldest),
    async put(request, path) {
      const place = placeOf(path);
      if (place === undefined) return nowhere(path);
      const tooMuch = (what: string): Reply => mlflowRefusal('RESOURCE_LIMIT_EXCEEDED', what);
      const restored = 'There is no room for the file any more: a deleted run was restored meanwhile.';
      const before = await stat(place).catch(() => undefined);
      if (before?.isDirectory() === true)
        return mlflowRefusal('INVALID_PARAMETER_VALUE', `${path} is a folder.`);
      const header = request.headers['content-length'];
      const told = header === undefined ? undefined : Number(header);
      const roomWith = (purged: Size): number =>
        kept.files - purged.files < limits.files
          ? limits.allBytes - kept.bytes + purged.bytes - arriving
          : -1;
      const most = Math.min(told ?? limits.fileBytes, limits.fileBytes);
      // Where even all deleted runs would not make room, none of them goes; for a file of one of them none ever does.
      const isOfDeleted = store.info(partsOf(path)?.[1] ?? '')?.lifecycle === 'deleted';
      const purged = roomWith(NOTHING) >= most || isOfDeleted ? NOTHING : await inTurn(purgeable);
      const left = roomWith(purged);
      if (left < 0) return tooMuch(`This server keeps ${limits.files} artifacts at most.`);
      const room = Math.min(limits.fileBytes, left);
      if (told !== undefined && told > room)
        return tooMuch(`The file has ${told} bytes, and there is room for ${room}.`);
      // Who comes meanwhile finds that room taken.
      const reserved = told ?? room;
      arriving += reserved;
      const part = join(dirname(place), `${UNDER_WAY}${randomUUID()}`);
      let bytes = 0;
      try {
        await mkdir(dirname(place), { recursive: true });
        const file = await open(part, 'wx');
        try {
          for await (const piece of request) {
            if (!Buffer.isBuffer(piece)) continue;
            if (bytes + piece.length > room)
              return tooMuch(`The file is larger than the ${room} bytes that there is room for.`);
            bytes += piece.length;
            arrived += piece.length;
            if (!(await makeRoom())) return tooMuch(restored);
            await file.appendFile(piece);
          }
          if (!(await makeRoom())) return tooMuch(restored);
          await file.sync();
        } finally {
          await file.close();
        }
        // It may have been of a run that made way.
        if (placeOf(path) === undefined) return nowhere(path);
        await rename(part, place);
        kept = {
          files: kept.files + (before === undefined ? 1 : 0),
          bytes: kept.bytes + bytes - (before?.size ?? 0),
        };
      } finally {
        arriving -= reserved;
        arrived -= bytes;
        await rm(part, { force: true });
      }
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

interface Size {
  readonly files: number;
  readonly bytes: number;
}
const NOTHING: Size = { files: 0, bytes: 0 };

async function sizeOf(root: string): Promise<Size> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  let [files, bytes] = [0, 0];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // It may go meanwhile.
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (found === undefined) continue;
    files += 1;
    bytes += found.size;
  }
  return { files, bytes };
}
