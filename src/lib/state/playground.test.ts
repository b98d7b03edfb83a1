import { describe, expect, test } from 'vitest';
import { play } from '../workers/play.ts';
import type { PlayReply, PlayRequest } from '../workers/play-messages.ts';
import { PlayClient } from '../workers/play-client.ts';
import { readExperiment } from '../participant/play/experiment.ts';
import { Playground } from './playground.svelte.ts';

/** The worker's own code behind the worker's own messages, on this thread. */
function client(failing = false): PlayClient {
  return new PlayClient(() => {
    let hear: (reply: PlayReply) => void = () => undefined;
    let broken: (event: Event) => void = () => undefined;
    const handle = play((reply) => setImmediate(() => hear(structuredClone(reply))));
    return {
      postMessage: (request: PlayRequest) => {
        if (failing) setImmediate(() => broken(new Event('error')));
        else handle(structuredClone(request));
      },
      addEventListener: (
        type: string,
        listener: ((event: MessageEvent<PlayReply>) => void) & ((event: Event) => void),
      ) => {
        if (type === 'message') hear = (data) => listener(new MessageEvent('message', { data }));
        if (type === 'error') broken = (event) => listener(event);
      },
      terminate: () => undefined,
    };
  });
}
const experiment = (address: string) => readExperiment(new URLSearchParams(address)).experiment;

describe('the playground', () => {
  test('makes an experiment once, and plays a round of each setting at a step', async () => {
    const playground = new Playground(client());
    await playground.show(experiment('participants=4&b.codec=f16'));
    expect(playground.sides.map(({ made }) => made.ok && made.participants.length)).toEqual([4, 4]);
    await playground.step();
    await playground.step();
    expect(playground.sides.map(({ rounds }) => rounds.map(({ round }) => round))).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await playground.show(experiment('participants=4&b.codec=f16'));
    expect(playground.round).toBe(2);
    await playground.reset(experiment('participants=4&b.codec=f16'));
    expect(playground.round).toBe(0);
  });
  test('catches up with what it is held against, goes on with it a round, and stops when told', async () => {
    const playground = new Playground(client());
    await playground.show(experiment('participants=3'));
    await playground.step();
    await playground.step();
    expect(playground.references).toEqual([]);
    await playground.compare(true);
    await playground.step();
    expect(playground.references.map(({ devices }) => devices)).toEqual([3, 3, 3]);
    await playground.compare(false);
    await playground.step();
    expect(playground.references).toHaveLength(3);
    await playground.show(experiment('participants=2'));
    expect(playground.references).toEqual([]);
  });
  test('runs until it is paused, and a changed setting begins again', async () => {
    const playground = new Playground(client());
    await playground.show(experiment('participants=3'));
    const running = playground.start();
    while (playground.round < 2) await new Promise((resolve) => setImmediate(resolve));
    playground.pause();
    await running;
    const paused = playground.round;
    expect(paused).toBeGreaterThanOrEqual(2);
    expect(playground.busy).toBe(false);
    await playground.show(experiment('participants=2'));
    expect([playground.round, playground.running]).toEqual([0, false]);
  });
  test('shows the setting that cannot be with its reason, and plays the other', async () => {
    const playground = new Playground(client());
    await playground.show(experiment('participants=3&b.strategy=fedbuff'));
    const [first, second] = playground.sides;
    expect(first?.made.ok).toBe(true);
    expect(second?.made).toMatchObject({ ok: false });
    await playground.step();
    expect(playground.sides.map(({ rounds }) => rounds.length)).toEqual([1, 0]);
  });
  test('says so when the worker is lost, and can be made again', async () => {
    const playground = new Playground(client(true));
    await playground.show(experiment(''));
    expect(playground.trouble).toMatch(/has ended, or could not be loaded.*Try again/);
    expect([playground.busy, playground.canRun]).toEqual([false, false]);
  });
});
