// What every CoordinatorLink guarantees, whatever carries it.
import { describe, expect, test } from 'vitest';
import { bytesOf, digestOf } from '#lib/core/digest.ts';
import type { FederationId } from '#lib/core/ids.ts';
import { LinkLost, type CoordinatorLink, type LinkState } from '#lib/ports/coordinator-link.ts';
import type { UpdateOffer, UpdateReply } from '#lib/protocol/http.ts';
import type { Answer, ClientMessages, ServerMessages } from '#lib/protocol/messages.ts';

/** A link and its other end, played by the test. */
export interface LinkBench {
  readonly link: CoordinatorLink;
  connect(): Promise<void>;
  cut(): Promise<void>;
  deliver<Name extends keyof ServerMessages>(name: Name, message: ServerMessages[Name]): void;
  close(): Promise<void>;
}

export interface PlayedCoordinator {
  answer(name: keyof ClientMessages, message: unknown): Promise<Answer>;
  readonly parameters: Float32Array<ArrayBuffer>;
  upload(offer: UpdateOffer, bytes: Uint8Array): UpdateReply;
}

export const federation = 'digits' as FederationId;
const parameters = Float32Array.from({ length: 100 }, (_, i) => i / 3);

export function linkContract(
  name: string,
  open: (coordinator: PlayedCoordinator) => Promise<LinkBench>,
): void {
  const played = (changes: Partial<PlayedCoordinator> = {}): PlayedCoordinator => ({
    answer: async () => ({ ok: true, view: null }),
    parameters,
    upload: () => ({ type: 'refused', refusal: { kind: 'duplicate', round: 1 }, message: 'Already there.' }),
    ...changes,
  });
  const using = async (
    coordinator: PlayedCoordinator,
    work: (bench: LinkBench) => Promise<void>,
  ): Promise<void> => {
    const bench = await open(coordinator);
    try {
      await work(bench);
    } finally {
      await bench.close();
    }
  };

  describe(name, () => {
    test('a message is answered, and what was said arrives as it was', () => {
      const heard: unknown[] = [];
      const coordinator = played({
        answer: async (...message) => {
          heard.push(message);
          return { ok: false, error: 'finished', message: 'The run has ended.' };
        },
      });
      return using(coordinator, async ({ link, connect }) => {
        await connect();
        expect(await link.send('check-in', { federation, examples: 5, backend: 'wasm' })).toEqual({
          ok: false,
          error: 'finished',
          message: 'The run has ended.',
        });
        expect(heard).toEqual([['check-in', { federation, examples: 5, backend: 'wasm' }]]);
      });
    });

    test('without a connection, and when it goes before the answer, sending rejects with LinkLost', () => {
      let asked: () => void = () => {};
      const arrived = new Promise<void>((resolve) => (asked = resolve));
      const coordinator = played({
        answer: () => {
          asked();
          return new Promise(() => {});
        },
      });
      return using(coordinator, async ({ link, connect, cut }) => {
        await expect(link.send('watch', { federation })).rejects.toThrow(LinkLost);
        await connect();
        const answer = expect(link.send('watch', { federation })).rejects.toThrow(LinkLost);
        await arrived;
        await cut();
        await answer;
      });
    });

    test('the state is told at every change, until the listener is undone', () =>
      using(played(), async ({ link, connect, cut }) => {
        const states: LinkState[] = [];
        expect(link.state).toBe('connecting');
        const undo = link.onState((state) => states.push(state));
        await connect();
        expect(link.state).toBe('connected');
        await cut();
        await connect();
        undo();
        await cut();
        expect(states.filter((state) => state !== 'connecting')).toEqual([
          'connected',
          'offline',
          'connected',
        ]);
        expect(link.state).toBe('offline');
      }));

    test('messages from the coordinator arrive until the listener is undone', () =>
      using(played(), async ({ link, connect, deliver }) => {
        await connect();
        const heard: unknown[] = [];
        let next: () => void = () => {};
        const undo = link.on('superseded', (message) => {
          heard.push(message);
          next();
        });
        const first = new Promise<void>((resolve) => (next = resolve));
        deliver('superseded', { federation });
        await first;
        undo();
        deliver('superseded', { federation });
        // An answer on the same connection comes after everything that was sent before it.
        await link.send('watch', { federation });
        expect(heard).toEqual([{ federation }]);
      }));

    test('parameters come whole, and progress ends at 1', () =>
      using(played(), async ({ link, connect }) => {
        await connect();
        const progress: number[] = [];
        const digest = digestOf(bytesOf(parameters));
        expect(
          await link.parameters(digest, 400, { onProgress: (fraction) => progress.push(fraction) }),
        ).toEqual(parameters);
        expect(progress.at(-1)).toBe(1);
        expect(link.bytes.modelDown).toBeGreaterThanOrEqual(400);
        expect(await link.blob(digest, 400)).toEqual(bytesOf(parameters));
      }));

    test('an upload gives the decision, and counts its bytes', () => {
      const uploads: unknown[] = [];
      const coordinator = played({
        upload(offer, bytes) {
          uploads.push([offer, bytes]);
          return { type: 'refused', refusal: { kind: 'duplicate', round: 1 }, message: 'Already there.' };
        },
      });
      return using(coordinator, async ({ link, connect }) => {
        await connect();
        const bytes = new Uint8Array([1, 2, 3, 4]);
        const offer = {
          round: 1,
          base: digestOf(bytes),
          codec: 'f32',
          bytes: 4,
          digest: digestOf(bytes),
          examples: 2,
        } as UpdateOffer;
        expect(await link.upload(federation, offer, bytes)).toMatchObject({
          type: 'refused',
          message: 'Already there.',
        });
        expect(uploads).toEqual([[offer, bytes]]);
        expect(link.bytes.updateUp).toBeGreaterThanOrEqual(4);
      });
    });

    test('bytes are told as they are counted', () =>
      using(played(), async ({ link, connect }) => {
        await connect();
        let told = link.bytes;
        link.onBytes((bytes) => (told = bytes));
        await link.send('watch', { federation });
        expect(told.controlUp).toBeGreaterThan(0);
        expect(told).toEqual(link.bytes);
      }));
  });
}
