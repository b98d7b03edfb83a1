// The bytes that a participant's screen shows are the bytes that crossed the wire: a proxy between it and the server counts them.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { createReferenceTrainer } from '#lib/adapters/reference/reference-trainer.ts';
import { createSocketLink } from '#lib/adapters/socketio/link.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { forecastDevice } from '#lib/core/forecast/forecast.ts';
import { takePart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import { startServer } from '../../server/main.ts';
import { clouds, datasetsOf, enginesOf, federation, spec } from '../doubles/scripted-federation.ts';
import { signedIn } from '../support/coordinator-client.ts';

/** A TCP proxy that counts both directions. */
async function countingProxy(
  port: number,
): Promise<{ readonly port: number; readonly up: () => number; readonly down: () => number; close(): void }> {
  let up = 0;
  let down = 0;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.on('data', (bytes) => {
      up += bytes.length;
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      down += bytes.length;
      near.write(bytes);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('close', () => other.destroy());
      // A reset at the end of the test is no finding; `close` follows it.
      one.on('error', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, up: () => up, down: () => down, close: () => server.close() };
}

test('the bytes that are shown are the bytes on the wire, within 2 %', async () => {
  const data = await mkdtemp(join(tmpdir(), 'tributary-bytes-'));
  const server = await startServer({ pages: 'none', host: '127.0.0.1', port: 0, data, logLevel: 'silent' });
  const proxy = await countingProxy(server.port);
  const store = createMemoryParticipantStore();
  const link = createSocketLink({
    url: `http://127.0.0.1:${proxy.port}`,
    kind: 'headless',
    identity: async () => ({ identity: await store.identity(), name: null }),
  });
  const coordinator = await signedIn(server.signInUrl);
  // 120,002 parameters: three rounds of half a megabyte each way.
  const layers = [
    { type: 'dense', units: 20_000, activation: 'relu', useBias: true },
    { type: 'dense', units: 2, activation: 'softmax', useBias: true },
  ] as const;
  const network = { ...spec.network, layers: [...layers] };
  await coordinator.create({ ...spec, network, rules: { ...spec.rules, maximumRounds: 3 } }, federation);
  await coordinator.act(federation, 'start');
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const faults: unknown[] = [];
  const part = takePart({
    federation,
    link,
    datasets: datasetsOf(clouds(40, 3)),
    store,
    engines: enginesOf(() => createReferenceTrainer()),
    clock: createSystemClock(),
    turn: onlyOne,
    mayFreeze: false,
    onView: (view) => {
      if (view.state === 'done' && view.localEvaluations.length === 4) finish();
    },
    onFault: (fault) => faults.push(fault),
  });
  try {
    await part.open();
    await part.join({ dataset: 'own', name: null, backend: null });
    await finished;
    // Asked and answered: all that was sent before has crossed.
    await link.send('watch', { federation });
    const { modelDown, updateUp, controlUp, controlDown } = link.bytes;
    // Version 0 is made of the seed; those of three rounds are downloaded.
    expect(modelDown).toBeGreaterThan(3 * 480_000);
    expect(Math.abs(updateUp + controlUp - proxy.up()) / proxy.up()).toBeLessThan(0.02);
    expect(Math.abs(modelDown + controlDown - proxy.down()) / proxy.down()).toBeLessThan(0.02);
    // What was foreseen before anybody joined; the first version is made of the seed, and not fetched.
    const told = await coordinator.federation(federation);
    const { head, updateBytes } = told;
    const wire = { update: updateBytes, version: head.bytes, step: head.bytes };
    const foreseen = forecastDevice(spec.plan, 3, 32, 1, wire);
    expect(Math.abs(3 * foreseen.up - proxy.up()) / proxy.up()).toBeLessThan(0.05);
    expect(Math.abs(3 * foreseen.down - proxy.down()) / proxy.down()).toBeLessThan(0.05);
    expect(faults).toEqual([]);
  } finally {
    await part.close();
    link.close();
    proxy.close();
    await server.close();
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
});
