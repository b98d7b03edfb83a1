import { describe, expect, test } from 'vitest';
import { consoleApi } from './console-api.ts';
import { ConsoleLive, type WatchSocket } from './console-live.svelte.ts';
import { roundFixture, memberFixture, versionFixture, viewFixture } from './console-views.fixture.ts';

/** A server in memory: what it answers to each list, and how often it was asked. */
function scene() {
  const asked: string[] = [];
  const lists = { versions: [versionFixture(0, 50)], rounds: [roundFixture(1)], aliases: [] as unknown[] };
  let refuse = false;
  const api = consoleApi(async (path) => {
    const name = String(path).split('/').at(-1)?.split('?')[0] as keyof typeof lists;
    asked.push(name);
    return refuse
      ? new Response('{"error":"down","message":"The disk is full."}', { status: 503 })
      : new Response(JSON.stringify(lists[name]));
  });
  const listeners = new Map<string, (payload: unknown) => void>();
  const emitted: {
    readonly event: string;
    readonly payload: unknown;
    readonly acknowledge: (answer: unknown) => void;
  }[] = [];
  let disconnected = false;
  const socket: WatchSocket = {
    on: (event, listener) => listeners.set(event, listener),
    emit: (event, payload, acknowledge) => emitted.push({ event, payload, acknowledge }),
    disconnect: () => (disconnected = true),
  };
  const live = new ConsoleLive(
    { view: viewFixture(), versions: [], rounds: [], aliases: [], servedAt: 5_000_000 },
    api,
  );
  let tick = (): void => undefined;
  const stop = live.watch(
    () => socket,
    (run) => ((tick = run), () => undefined),
  );
  return {
    live,
    lists,
    asked,
    emitted,
    stop,
    hear: (event: string, payload?: unknown) => listeners.get(event)?.(payload),
    tick: () => tick(),
    refuse: (yes: boolean) => (refuse = yes),
    isDisconnected: () => disconnected,
  };
}
const settled = async (live: ConsoleLive): Promise<void> => live.read();

describe('the live view of a federation', () => {
  test('asks to watch on every connection, and is live once that is answered', () => {
    const { live, emitted, hear } = scene();
    expect(live.connection.state).toBe('connecting');
    hear('connect');
    expect(emitted[0]).toMatchObject({ event: 'watch', payload: { federation: 'skin' } });
    emitted[0]?.acknowledge({ ok: true, view: viewFixture({ connected: 7 }) });
    expect([live.connection.state, live.view.connected]).toEqual(['live', 7]);
    hear('disconnect');
    expect(live.connection.state).toBe('reconnecting');
    hear('connect');
    expect(emitted).toHaveLength(2);
  });
  test('says why it is refused', () => {
    const { live, emitted, hear } = scene();
    hear('connect');
    emitted[0]?.acknowledge({ ok: false, error: 'unknown-federation', message: 'It was deleted.' });
    expect(live.connection).toEqual({ state: 'refused', reason: 'It was deleted.' });
  });
  test('takes no view of another federation, and none that does not read as one', () => {
    const { live, hear } = scene();
    hear('federation', viewFixture({ id: 'other', connected: 99 }));
    hear('federation', { connected: 98 });
    expect(live.view.connected).toBe(6);
  });
  test('reads the lists again when a version was made, and not when only attendance moved', async () => {
    const { live, lists, asked, hear } = scene();
    hear('federation', viewFixture({ connected: 8 }));
    expect(asked).toEqual([]);
    lists.versions = [versionFixture(0, 50), versionFixture(5, 80)];
    hear('federation', viewFixture({ head: versionFixture(5, 80), live: 5 }));
    await settled(live);
    expect(live.versions.at(-1)?.version).toBe(5);
    expect(live.scored?.version).toBe(5);
  });
  test('scores of the newest version are taken from the view itself', () => {
    const { live, asked, hear } = scene();
    live.take({
      view: viewFixture(),
      versions: [versionFixture(4, null)],
      rounds: [],
      aliases: [],
      servedAt: 6_000_000,
    });
    hear('federation', viewFixture({ head: versionFixture(4, 90) }));
    expect(live.versions.at(-1)?.evaluation?.tally.count).toBe(100);
    expect(asked).toEqual([]);
  });
  test('of the rounds only the newest are read again, and all of them when more were missed', async () => {
    const { live, lists } = scene();
    const rounds = (from: number, to: number) =>
      Array.from({ length: from - to + 1 }, (_, index) => roundFixture(from - index));
    live.take({ view: viewFixture(), versions: [], rounds: rounds(9, 1), aliases: [], servedAt: 6_000_000 });
    lists.rounds = rounds(12, 8);
    await live.read();
    expect(live.rounds.map((round) => round.round)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    lists.rounds = rounds(40, 36);
    await live.read();
    expect(live.rounds.map((round) => round.round)).toEqual([40, 39, 38, 37, 36]);
  });
  test('a list that cannot be read is told, and what was known stays', async () => {
    const { live, refuse } = scene();
    await live.read();
    refuse(true);
    await live.read();
    expect([live.failure, live.versions.length]).toEqual(['The disk is full.', 1]);
    refuse(false);
    await live.read();
    expect(live.failure).toBeNull();
  });
  test('the clock is never behind what the server tells of, and stands still in what is drawn while nobody tells', () => {
    const { live, hear, tick } = scene();
    const ahead = Date.now() + 60_000_000;
    hear(
      'federation',
      viewFixture({
        round: roundFixture(5, { openedAt: ahead, cohort: [memberFixture(1, 'training', null, ahead)] }),
      }),
    );
    expect(live.now).toBeGreaterThanOrEqual(ahead + 10_000);
    hear('disconnect');
    const told = live.updatedAt;
    tick();
    expect(live.asOf).toBe(told);
    expect(live.now).toBeGreaterThanOrEqual(told);
  });
  test('hangs up when the page goes', () => {
    const { stop, isDisconnected } = scene();
    stop();
    expect(isDisconnected()).toBe(true);
  });
});
