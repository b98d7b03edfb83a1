// This device's control c_k of SCAFFOLD, from round to round. The server's control is the mean of all devices' own, so that the
// two must move together: c_k⁺ waits beside c_k until it is known whether the server's new version holds its change, and only
// then takes its place. Written in an order in which a crash loses a round's work at most, and never parts the two.
import * as v from 'valibot';
import { participantIdOf } from '../core/digest.ts';
import { RoundNumber, type FederationId } from '../core/ids.ts';
import type { RoundControl } from '../core/update/control.ts';
import { WrongBytes, type CoordinatorLink } from '../ports/coordinator-link.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { Configured } from '../protocol/messages.ts';
import { controlKey, nextControlKey } from './round-keys.ts';

export interface Controls {
  /**
   * The controls that `message` is trained with; undefined where it asks for none. `load` fetches c. What became of an earlier
   * round whose end this device did not hear of is asked for first. Rejects with LinkLost or WrongBytes.
   */
  before(
    message: Configured,
    parameterCount: number,
    load: (named: NonNullable<Configured['controls']>) => Promise<Float32Array<ArrayBuffer>>,
  ): Promise<RoundControl | undefined>;
  /** c_k + `change` waits for the end of `round`. Before the update that holds `change` is durable. */
  keep(round: RoundNumber, own: Float32Array, change: Float32Array): Promise<void>;
  /** The round is over for this device: `counted` where its update is in the version. Safe to call again. */
  ended(round: RoundNumber, counted: boolean): Promise<void>;
  /** They are gradients over rows: of other rows they begin at zeros again. The server's control keeps the share that it has. */
  forget(): Promise<void>;
}

export function createControls(options: {
  readonly federation: FederationId;
  readonly store: ParticipantStore;
  readonly link: Pick<CoordinatorLink, 'round'>;
  onFull(full: StorageFull): void;
}): Controls {
  const { federation, store, link } = options;
  const key = controlKey(federation);
  const nextKey = nextControlKey(federation);
  /** What found no room in the store: it counts until the page goes. */
  const unkept = new Map<string, Float32Array<ArrayBuffer>>();
  const read = async (name: string): Promise<Float32Array<ArrayBuffer> | undefined> =>
    unkept.get(name) ?? (await store.vectors.get(name));
  const write = async (name: string, values: Float32Array<ArrayBuffer>): Promise<void> => {
    try {
      await store.vectors.put(name, values);
      unkept.delete(name);
    } catch (failure) {
      if (!(failure instanceof StorageFull)) throw failure;
      unkept.set(name, values);
      options.onFull(failure);
    }
  };
  const remove = async (name: string): Promise<void> => {
    unkept.delete(name);
    await store.vectors.remove(name);
  };

  const controls: Controls = {
    async before(message, parameterCount, load) {
      if (!message.asks.includes('controls')) return undefined;
      const zeros = new Float32Array(parameterCount);
      // The mean of all controls is zero before the first version that was made of any: an own one is of another time.
      if (message.controls === null) {
        await remove(key);
        return { server: zeros, own: zeros };
      }
      const waiting = v.safeParse(RoundNumber, (await read(nextKey))?.[0]);
      if (waiting.success && waiting.output !== message.round) {
        const round = await link.round(federation, waiting.output);
        const participant = participantIdOf((await store.identity()).publicKey);
        const counted =
          round?.phase === 'committed' &&
          round.cohort.some((one) => one.participant === participant && one.stage === 'accepted');
        await controls.ended(waiting.output, counted);
      }
      const server = await load(message.controls);
      if (server.length !== parameterCount)
        throw new WrongBytes(
          `The server’s control has ${server.length} values where the model has ${parameterCount} parameters.`,
        );
      const own = await read(key);
      return { server, own: own?.length === parameterCount ? own : zeros };
    },
    async keep(round, own, change) {
      const next = new Float32Array(1 + own.length);
      // Exact in f32 up to 16,777,216 rounds.
      next[0] = round;
      for (let i = 0; i < own.length; i += 1) next[1 + i] = own[i]! + change[i]!;
      await write(nextKey, next);
    },
    async ended(round, counted) {
      const next = await read(nextKey);
      if (next === undefined || next[0] !== round) return;
      // The control first: cut off between the two, the same is done again.
      if (counted) await write(key, next.slice(1));
      await remove(nextKey);
    },
    async forget() {
      await remove(nextKey);
      await remove(key);
    },
  };
  return controls;
}
