// Scores model versions on this device's held-out rows, each once, and tells the coordinator the counts and sums. A device that never
// trains holds all its rows out, but for what it makes of a version for itself (new-device.ts).
import { secureSumOf, type FederationSpec } from '../core/federation.ts';
import { asksSlices } from '../core/gates/asks-slices.ts';
import { asksLatency } from '../core/gates/asks-latency.ts';
import type { Digest, FederationId, VersionNumber } from '../core/ids.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import { TrainerFailure } from '../ports/trainer.ts';
import type { Clock } from '../ports/clock.ts';
import type { Answer, ClientMessages } from '../protocol/messages.ts';
import type { VersionDelta } from '../protocol/views.ts';
import type { Equipment, NetworkEquipment, SummingEquipment } from './equipment.ts';
import type { Learner } from './learner.ts';
import type { PersonalModels } from './personal-models.ts';
import { timePrediction } from './prediction-time.ts';
import type { Untold } from './scoreboard.ts';
import { startState } from './train-locally.ts';

export interface NamedVersion {
  readonly version: VersionNumber;
  readonly digest: Digest;
  readonly bytes: number;
  readonly deltas?: readonly VersionDelta[];
}

export interface VersionScoring {
  /** Whether this version should be scored: it is not, and nobody is at it. */
  wants(equipment: Equipment, named: Pick<NamedVersion, 'version' | 'digest'>): boolean;
  /** Scores it with `parameters`; `load` is asked only when it is wanted. */
  score(
    equipment: Equipment,
    named: Pick<NamedVersion, 'version' | 'digest'>,
    load: () => Promise<Float32Array<ArrayBuffer>>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Tells what was scored and not yet told. */
  tellAll(equipment: Equipment): Promise<void>;
}

export interface ScoringSurroundings {
  readonly federation: FederationId;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly personal: Pick<PersonalModels, 'startOf' | 'score' | 'scoreAsNew'>;
  /** As it is now: a new run may train and personalise in another way. */
  spec(equipment: Equipment): FederationSpec;
  /** undefined: the connection went first. */
  tell(name: 'evaluation', message: ClientMessages['evaluation']): Promise<Answer | undefined>;
  /** The last back end is lost. */
  onEngineLost(equipment: Equipment): void;
  onFull(full: StorageFull): void;
  onChanged(): void;
}

export function createVersionScoring(surroundings: ScoringSurroundings): VersionScoring {
  const { federation, clock, personal } = surroundings;
  const atWork = new Set<VersionNumber>();
  /** Of which the devices that learn for this one say nothing, or no row can. */
  const unsaid = new Set<VersionNumber>();

  const kept = async (write: Promise<void>): Promise<void> => {
    try {
      await write;
    } catch (failure) {
      if (!(failure instanceof StorageFull)) throw failure;
      surroundings.onFull(failure);
    }
  };
  const wants: VersionScoring['wants'] = (equipment, { version, digest }) =>
    (learnerOf(equipment) !== undefined || equipment.rows.heldOut.count > 0) &&
    !equipment.scoreboard.has(version, digest) &&
    !atWork.has(version) &&
    !unsaid.has(version);
  const tellOne = async (equipment: Equipment, version: VersionNumber): Promise<void> => {
    const { scoreboard } = equipment;
    const one = scoreboard.scored.find((scored) => scored.version === version);
    if (one === undefined || one.told) return;
    // Scores of its rows are this device's own under privacy: told, each would be a release without noise.
    // In a secure sum, what a version does on the rows of one device would say something of them.
    const spec = surroundings.spec(equipment);
    if (spec.privacy.type !== 'none' || secureSumOf(spec) !== undefined)
      return kept(scoreboard.told(version));
    const answer = await surroundings.tell('evaluation', {
      federation,
      version,
      tally: one.tally,
      personal: one.personal,
      ...(one.latency === undefined ? {} : { latency: one.latency }),
      ...(one.slices === undefined ? {} : { slices: one.slices }),
    });
    // Counted or refused: either way it need not be told again.
    if (answer !== undefined) await kept(scoreboard.told(version));
  };

  /** `predict`: of one row. undefined: nobody asks, or this device’s clock cannot tell. */
  const latencyOf = async (
    equipment: Equipment,
    predict: (features: Uint8Array | Float32Array) => unknown,
    signal: AbortSignal,
  ): Promise<Pick<Untold, 'latency'>> => {
    if (!asksLatency(surroundings.spec(equipment))) return {};
    const { features, count } = equipment.rows.heldOut;
    const row = features.subarray(0, features.length / count);
    const latency = await timePrediction(() => predict(row), clock, signal);
    return latency === undefined ? {} : { latency };
  };

  /** Nothing where nobody asks. `evaluate`: rows as the model takes them. */
  const slicesOf = async (
    equipment: Equipment,
    whole: Tally,
    evaluate: (rows: Equipment['rows']['heldOut']) => Tally | Promise<Tally>,
  ): Promise<Pick<Untold, 'slices'>> => {
    const spec = surroundings.spec(equipment);
    if (!asksSlices(spec)) return {};
    const { countSlices } = await import('./count-slices.ts');
    return { slices: await countSlices(equipment, spec, whole, evaluate) };
  };

  async function scoreNetwork(
    equipment: NetworkEquipment,
    version: VersionNumber,
    parameters: Float32Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Pick<Untold, 'tally' | 'personal' | 'latency' | 'slices'> | undefined> {
    const { engine, network, rows } = equipment;
    const spec = surroundings.spec(equipment);
    if (equipment.isHeldOut && spec.personalisation.type !== 'none')
      return personal.scoreAsNew(equipment, spec, { number: version, parameters }, signal);
    const start = await personal.startOf(network, spec.personalisation, parameters);
    const session = await (await engine.trainer()).open(network, spec.plan);
    let tally: Tally;
    let asked: Pick<Untold, 'latency' | 'slices'> = {};
    try {
      await session.setState(startState(start));
      tally = await session.evaluate(rows.heldOut, { signal });
      // What a device says that never trains is in no condition.
      if (!equipment.isHeldOut)
        asked = {
          ...(await latencyOf(equipment, (row) => session.predict(row, 1), signal)),
          ...(await slicesOf(equipment, tally, (some) => session.evaluate(some, { signal }))),
        };
    } finally {
      session.close();
    }
    const scored = { number: version, parameters, scored: tally };
    return { tally, ...asked, personal: await personal.score(equipment, spec, scored, signal) };
  }

  return {
    wants,
    async score(equipment, named, load, signal) {
      if (!wants(equipment, named)) return;
      const { version, digest } = named;
      const { engine, parameterCount, scoreboard } = equipment;
      atWork.add(version);
      try {
        const parameters = await load();
        // The model of another run: not this device's to score.
        if (parameters.length !== parameterCount) return;
        const learner = learnerOf(equipment);
        if (learner !== undefined) {
          const tally = await learner.tally(named, parameters, signal);
          if (tally === undefined) return void unsaid.add(version);
          await kept(scoreboard.add({ version, digest, tally, personal: null, told: false }));
          return await tellOne(equipment, version);
        }
        const said = await engine.alone(async () => {
          signal.throwIfAborted();
          if (!('sums' in equipment)) return scoreNetwork(equipment, version, parameters, signal);
          const evaluate = (rows: Equipment['rows']['heldOut']): Tally =>
            summedTally(equipment, parameters, rows);
          const tally = evaluate(equipment.rows.heldOut);
          return {
            tally,
            personal: null,
            ...(await latencyOf(equipment, (row) => equipment.sums.predict(parameters, row, 1), signal)),
            ...(equipment.isHeldOut ? {} : await slicesOf(equipment, tally, evaluate)),
          };
        });
        if (said === undefined) return void unsaid.add(version);
        await kept(scoreboard.add({ version, digest, ...said, told: false }));
        surroundings.onChanged();
        await tellOne(equipment, version);
      } catch (failure) {
        // The back end is gone: the next training finds another, and the version is scored when it is seen again.
        if (!(failure instanceof TrainerFailure)) throw failure;
        if (engine.moveOn(failure) === undefined) surroundings.onEngineLost(equipment);
      } finally {
        atWork.delete(version);
      }
    },
    async tellAll(equipment) {
      for (const one of equipment.scoreboard.scored) if (!one.told) await tellOne(equipment, one.version);
    },
  };
}

const learnerOf = (equipment: Equipment): Learner | undefined =>
  'learner' in equipment ? equipment.learner : undefined;

/** What was checked when the rows were read fits: rows that do not are a bug. */
function summedTally(
  { sums }: SummingEquipment,
  parameters: Float32Array,
  rows: Equipment['rows']['heldOut'],
): Tally {
  const tally = sums.evaluate(parameters, rows);
  if (!tally.ok) throw new Error(tally.error.message);
  return tally.value;
}
