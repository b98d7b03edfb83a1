// A server that speaks MLflow's REST over real HTTP, with a federation of two rounds behind it and a token for each right.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { MadeApiToken } from '#lib/protocol/people.ts';
import { openActs } from '../../server/acts.ts';
import { createTokens } from '../../server/gateway/tokens.ts';
import { createApi } from '../../server/http/api.ts';
import { bearersOf } from '../../server/http/bearers.ts';
import { Sessions } from '../../server/http/sessions.ts';
import { Uploads } from '../../server/http/uploads.ts';
import { openMlflow } from '../../server/mlflow/mlflow.ts';
import { silentLog } from '../../server/ports/log.ts';
import { listening } from '../support/listening.ts';
import { exampleSpec } from './example-spec.ts';
import { World } from './world.ts';

export interface MlflowServer {
  readonly origin: string;
  /** Where runs and artifacts are kept. */
  readonly folder: string;
  readonly world: World;
  readonly tokens: { readonly act: string; readonly view: string };
  readonly close: () => void;
}

export async function openMlflowServer(): Promise<MlflowServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-mlflow-'));
  const world = await World.open(
    1,
    exampleSpec({ rules: { goal: 2, minimum: 2, overSelection: 1, maximumRounds: 2 } }),
    2,
  );
  // On the slower device a prediction takes up to 11.3 ms.
  for (const [index, device] of world.devices.entries()) {
    const tell = device.tell.bind(device);
    device.tell = (sent) =>
      tell(
        sent.name === 'evaluation'
          ? { ...sent, message: { ...sent.message, latency: index === 0 ? 7 : 2 } }
          : sent,
      );
  }
  await world.start();
  await world.until(() => world.head === 2, 30 * 60_000);
  const { coordinator, blobs, clock, kept } = world;
  const site = { trustProxy: false, tls: false, publicUrl: undefined, allowedOrigins: [] };
  const acts = await openActs(kept, clock);
  const sessions = await Sessions.open(kept, clock, () => {}, acts);
  const uploads = new Uploads(coordinator, blobs, clock, silentLog, bearersOf(createTokens(clock), site));
  const mlflow = await openMlflow(folder, coordinator, clock, { fileBytes: 1000, allBytes: 1500, files: 5 });
  const api = createApi({
    coordinator,
    blobs,
    sessions,
    uploads,
    site,
    clock,
    log: silentLog,
    acts,
    records: kept,
    mlflow,
  });
  const server = createServer((request, response) => void api(request, response));
  const origin = await listening(server);
  const signedIn = await fetch(`${origin}/api/session`, {
    method: 'POST',
    body: JSON.stringify({ token: sessions.token }),
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const token = async (scopes: readonly string[]): Promise<string> => {
    const made = await fetch(`${origin}/api/me/tokens`, {
      method: 'POST',
      headers: { cookie },
      body: JSON.stringify({ name: 'training', scopes, expiresInMs: 3_600_000 }),
    });
    return v.parse(MadeApiToken, await made.json()).token;
  };
  return {
    origin,
    folder,
    world,
    tokens: { act: await token(['view', 'act']), view: await token(['view']) },
    close: () => {
      server.close();
      server.closeAllConnections();
      mlflow.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
