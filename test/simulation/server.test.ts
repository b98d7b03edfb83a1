// The real server with its real stores, on loopback, without pages: the whole path of a round as a device sees it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { createSocketLink, type SocketLink } from '#lib/adapters/socketio/link.ts';
import { bytesOf, digestOf, participantIdOf } from '#lib/core/digest.ts';
import { FederationId } from '#lib/core/ids.ts';
import type { Identity } from '#lib/ports/identity.ts';
import type { Committed, Configured } from '#lib/protocol/messages.ts';
import { startServer, type RunningServer } from '../../server/main.ts';
import { signedIn } from '../support/coordinator-client.ts';
import { numberedIdentity } from '../support/proven.ts';
import { exampleSpec } from './example-spec.ts';
import { settled } from '#lib/core/metrics/tally-sums.ts';
import { countedTally } from '../support/counted-tally.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function server(): Promise<RunningServer> {
  const data = mkdtempSync(join(tmpdir(), 'tributary-server-'));
  const running = await startServer({ host: '127.0.0.1', port: 0, data, pages: 'none', logLevel: 'silent' });
  undo.push(
    () => rmSync(data, { recursive: true, force: true }),
    () => running.close(),
  );
  return running;
}

const federation = v.parse(FederationId, 'two-moons');
const identityOf = (digit: string): Promise<Identity> => numberedIdentity(digit.charCodeAt(0));

interface Device {
  readonly link: SocketLink;
  readonly configured: Promise<Configured>;
  readonly committed: Promise<Committed>;
}

async function device(url: string, digit: string): Promise<Device> {
  const link = createSocketLink({
    url,
    kind: 'headless',
    identity: async () => ({ identity: await identityOf(digit), name: `Device ${digit}` }),
  });
  undo.push(() => link.close());
  const configured = new Promise<Configured>((resolve) => link.on('configured', resolve));
  const committed = new Promise<Committed>((resolve) => link.on('committed', resolve));
  await new Promise<void>((resolve) => link.onState((state) => state === 'connected' && resolve()));
  return { link, configured, committed };
}

/** Trains on nothing: sends `value` in every coordinate. */
async function report({ link, configured }: Device, value: number, examples: number) {
  const { round, base } = await configured;
  const parameters = await link.parameters(base.digest, base.bytes);
  const bytes = bytesOf(new Float32Array(parameters.length).fill(value));
  return link.upload(
    federation,
    {
      round,
      base: base.digest,
      codec: 'f32',
      steps: 1,
      baseLoss: null,
      bytes: bytes.length,
      digest: digestOf(bytes),
      examples,
    },
    bytes,
  );
}

describe('a federation on the real server', () => {
  test('goes through a round: configured, uploaded, averaged by examples, committed', async () => {
    const running = await server();
    const coordinator = await signedIn(running.signInUrl);
    await coordinator.create(exampleSpec({ rules: { goal: 2, overSelection: 1 } }), federation);
    await coordinator.act(federation, 'start');
    const devices = await Promise.all(['a', 'b'].map((digit) => device(running.url, digit)));
    for (const [index, one] of devices.entries()) {
      const answer = await one.link.send('check-in', {
        federation,
        examples: index === 0 ? 10 : 30,
        backend: 'cpu',
      });
      expect(answer.ok).toBe(true);
    }
    const [first, second] = devices;
    const before = await coordinator.federation(federation);
    const receipts = await Promise.all([report(first!, 1, 10), report(second!, -1, 30)]);
    expect(receipts.map((one) => one.type)).toEqual(['accepted', 'accepted']);
    const committed = await first!.committed;
    expect(committed).toMatchObject({ version: 1, round: 1, counted: true });

    // (10 · 1 + 30 · −1) / 40 = −0.5, for every parameter.
    const base = await coordinator.parameters(before.head);
    const [, made] = await coordinator.versions(federation);
    const parameters = await coordinator.parameters(made!);
    expect(parameters).toEqual(base.map((value) => Math.fround(value - 0.5)));
    expect(made).toMatchObject({
      version: 1,
      parent: 0,
      participants: 2,
      examples: 40,
      bytesUp: 48,
      bytesDown: 48,
    });

    const tally = countedTally([2, 0, 1, 1]);
    for (const one of devices)
      expect(
        await one.link.send('evaluation', { federation, version: committed.version, tally, personal: null }),
      ).toEqual({
        ok: true,
        view: null,
      });
    // The first report of a device counts.
    await first!.link.send('evaluation', { federation, version: committed.version, tally, personal: null });
    const view = await coordinator.federation(federation);
    expect(view.head.evaluation).toEqual({
      participants: 2,
      tally: settled(countedTally([4, 0, 2, 2], 2)),
      figure: 0.75,
      spread: {
        participants: 2,
        mean: 0.75,
        minimum: 0.75,
        lowerQuartile: 0.75,
        median: 0.75,
        upperQuartile: 0.75,
        maximum: 0.75,
      },
      personal: null,
    });
    expect(view.live).toBe(1);
  });

  test('tells a device that sends twice the same receipt, and one that changed its mind that the first counts', async () => {
    const running = await server();
    const coordinator = await signedIn(running.signInUrl);
    await coordinator.create(exampleSpec({ rules: { goal: 3, minimum: 1, overSelection: 1 } }), federation);
    await coordinator.act(federation, 'start');
    const [one] = await Promise.all(
      ['a', 'b', 'c'].map(async (digit) => {
        const made = await device(running.url, digit);
        await made.link.send('check-in', { federation, examples: 10, backend: 'cpu' });
        return made;
      }),
    );
    await coordinator.until(federation, (view) => view.round !== null, 5_000);
    const receipts = [
      await report(one!, 0.25, 10),
      ...(await Promise.all([report(one!, 0.25, 10), report(one!, 0.25, 10)])),
    ];
    expect(new Set(receipts.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(receipts[0]).toMatchObject({
      type: 'accepted',
      receipt: { participant: participantIdOf((await identityOf('a')).publicKey), examples: 10 },
    });
    expect(await report(one!, 0.5, 10)).toMatchObject({ type: 'refused', refusal: { kind: 'duplicate' } });
  });
});
