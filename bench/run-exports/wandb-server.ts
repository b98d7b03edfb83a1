// As much of a W&B server as `wandb sync` asks of one: it says yes, and keeps what it was told.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

export interface WandbServer {
  readonly url: string;
  /** What `wandb sync` streamed, file by file: lines of JSON. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  /** Of the run, as it was last told: JSON. */
  readonly config: () => string | undefined;
  readonly isComplete: () => boolean;
  close(): void;
}

interface Asked {
  readonly query?: string;
  readonly variables?: { readonly name?: string; readonly project?: string; readonly config?: string };
  readonly files?: Readonly<Record<string, { readonly offset: number; readonly content: readonly string[] }>>;
  readonly complete?: boolean;
}

export async function wandbServer(): Promise<WandbServer> {
  const lines = new Map<string, string[]>();
  let config: string | undefined;
  let isComplete = false;
  const answer = ({ query, variables = {}, files = {}, complete }: Asked): unknown => {
    isComplete ||= complete === true;
    for (const [name, { offset, content }] of Object.entries(files)) {
      const own = lines.get(name) ?? [];
      own.splice(offset, own.length, ...content);
      lines.set(name, own);
    }
    if (query?.includes('upsertBucket') !== true) return { data: { serverInfo: { features: [] } } };
    config = variables.config ?? config;
    const project = { id: '2', name: variables.project, entity: { id: '3', name: 'someone' } };
    const bucket = {
      id: '1',
      name: variables.name,
      displayName: variables.name,
      historyLineCount: 0,
      project,
    };
    return {
      data: { upsertBucket: { inserted: true, bucket: { ...bucket, config: '{}', sweepName: null } } },
    };
  };
  const server = createServer((request, response) => {
    const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
    void text(body).then((told) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(told === '' ? {} : answer(JSON.parse(told))));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    config: () => config,
    isComplete: () => isComplete,
    close: () => server.close(),
  };
}
