// A simulation that is had again from its manifest: what must be as it was before anything begins, and each round held against the first.
import {
  areWithin,
  isBitExact,
  toleranceSentence,
  type AgainFigures,
} from '#lib/participant/workbench/run-again.ts';
import { canonicalText } from '#lib/core/canonical.ts';
import { listOf } from '#lib/core/spoken-list.ts';
import { programDifferences } from '../program-used.ts';
import type { AgainLine, AgainResultLine, Figures } from './lines.ts';
import type { RecordedRound, SimulationManifest } from './manifest.ts';
import { UnusableSetup } from './setup.ts';

/** What it was made of, held against what it is to be made of now: what may matter, in sentences. Throws UnusableSetup where the rows are others, or it tells of no round. */
export function checkAgain(first: SimulationManifest, now: SimulationManifest): string[] {
  // Rounds are written down where a run ends or is stopped: one that was killed never came to that.
  if (first.rounds.length === 0)
    throw new UnusableSetup(
      '--again: the manifest has no rounds: its run ended before its first round was recorded, so that there is nothing to hold another against. Run the simulation whole with --manifest PATH first.',
    );
  const others = otherRows(first, now);
  if (others !== undefined)
    throw new UnusableSetup(
      `--again: ${others} Put the data back, or name where it lies by --data PATH and --test PATH.`,
    );
  const program = programDifferences(first, now);
  const [before, after] = [new Map(Object.entries(first.spec)), new Map(Object.entries(now.spec))];
  // Both went through the schema, which puts their keys in order.
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (part) => JSON.stringify(before.get(part)) !== JSON.stringify(after.get(part)),
  );
  return [
    ...(program.length === 0
      ? []
      : [`The first run was by another program, which may give other bits: ${program.join('; ')}.`]),
    ...(first.specDigest === now.specDigest
      ? []
      : [
          `This program makes another federation of the same settings; of its spec differ: ${listOf(changed)}.`,
        ]),
    ...(owesBits(first, now)
      ? []
      : [
          `${first.backend} then, ${now.backend} now: weights may differ in their last digits. ${toleranceSentence}`,
        ]),
  ];
}

/** In a sentence; undefined: all rows are as they were, and where they were. */
function otherRows(first: SimulationManifest, now: SimulationManifest): string | undefined {
  // Most contracts are inferred, so that other rows make another, by which no row is encoded as before.
  if (canonicalText(first.spec.contract) !== canonicalText(now.spec.contract))
    return 'the data is other than that of the first run: it makes another data contract.';
  const all = first.devices.length;
  if (all !== now.devices.length)
    return `the data makes ${now.devices.length} devices, and the first run had ${all}.`;
  const others = first.devices.flatMap(({ device, data }, at) =>
    data === now.devices[at]?.data ? [] : [`${device}`],
  );
  if (others.length > 0)
    return `of ${all} devices, ${others.length} ${others.length === 1 ? 'holds' : 'hold'} other rows than in the first run: ${listOf(others)}.`;
  if (first.test.data !== now.test.data)
    return `the rows that judge are others than in the first run, ${first.test.rows} then and ${now.test.rows} now.`;
  return first.data === now.data
    ? undefined
    : 'the rows are not divided among devices as those of the first run were.';
}

/** The same engine twice, and one that sums in a fixed order. */
export const owesBits = (
  { backend }: Pick<SimulationManifest, 'backend'>,
  now: Pick<SimulationManifest, 'backend'>,
): boolean => backend === now.backend && isBitExact(backend);

/** The rounds of a run, each held against that of the first. */
export class Again {
  /** Held against each other so far. */
  #rounds = 0;
  #firstDifferent: AgainLine | undefined;

  constructor(
    private readonly first: SimulationManifest,
    private readonly now: SimulationManifest,
  ) {}

  /** Nothing more is to be learnt: a bit that is owed differs, or the first run was stopped here. */
  get isDone(): boolean {
    const { first } = this;
    return (
      (this.#firstDifferent !== undefined && owesBits(first, this.now)) ||
      (first.finished === null && this.#rounds >= first.rounds.length)
    );
  }

  round(now: RecordedRound): AgainLine {
    const first = this.first.rounds[this.#rounds];
    this.#rounds += 1;
    const line: AgainLine = {
      type: 'again',
      round: now.round,
      isSame: first !== undefined && first.round === now.round && first.weights === now.weights,
      first: first?.weights ?? null,
      now: now.weights,
      differs: first === undefined ? 'the first run had no such round' : differenceOf(first, now),
    };
    if (!line.isSame) this.#firstDifferent ??= line;
    return line;
  }

  /** `figures` of the last version; undefined where it was stopped before its end. */
  result(figures: Figures | undefined, references: string | null): AgainResultLine {
    const { finished, rounds: before, test } = this.first;
    const different = this.#firstDifferent;
    const told = {
      type: 'again-result' as const,
      rounds: this.#rounds,
      firstDifferent: different?.round ?? null,
    };
    if (different === undefined) {
      const isWhole = finished !== null && figures !== undefined;
      if (isWhole && this.#rounds < before.length)
        return {
          ...told,
          verdict: 'differs',
          message: `The first run had ${before.length} rounds, and this one ended after ${this.#rounds}.`,
        };
      if (isWhole && finished.references !== references)
        return {
          ...told,
          verdict: 'differs',
          message: `All ${this.#rounds} rounds made the same weights, and the models that the last version is held against came to something else.`,
        };
      const where = isWhole
        ? ''
        : finished === null && this.isDone
          ? ', as far as the first run went'
          : ', as far as this one went';
      return {
        ...told,
        verdict: 'same',
        message: `Every bit is as before: ${this.#rounds} of ${before.length} rounds made the same weights${where}.`,
      };
    }
    const where = `Round ${different.round} is the first that differs: ${different.differs}.`;
    if (owesBits(this.first, this.now)) return { ...told, verdict: 'differs', message: where };
    const [one, other] = [finished?.figures, figures].map((some) => some && comparable(some, test.rows));
    if (one === undefined || other === undefined)
      return {
        ...told,
        verdict: 'differs',
        message: `${where} There are no figures of both last versions to compare.`,
      };
    return areWithin(one, other)
      ? {
          ...told,
          verdict: 'within',
          message: `${where} The figures of the last version are the same within the tolerance. ${toleranceSentence}`,
        }
      : {
          ...told,
          verdict: 'differs',
          message: `${where} The figures of the last version differ by more than the tolerance. ${toleranceSentence}`,
        };
  }
}

/** undefined: nothing does. */
function differenceOf(first: RecordedRound, now: RecordedRound): string | null {
  if (first.round !== now.round) return `it was round ${first.round} in the first run`;
  const made = ({ version }: RecordedRound): string =>
    version === null ? 'was abandoned' : `made version ${version}`;
  if (first.version !== now.version) return `it ${made(first)} then, and ${made(now)} now`;
  const devices = (list: readonly number[]): string => [...list].sort((a, b) => a - b).join();
  const why =
    devices(first.cohort) !== devices(now.cohort)
      ? 'other devices were asked to train'
      : devices(first.added) !== devices(now.added)
        ? 'updates of other devices are in it'
        : first.added.join() !== now.added.join()
          ? 'the updates of the same devices were added in another order'
          : undefined;
  if (first.weights !== now.weights)
    return `its weights are ${short(now.weights)}, and were ${short(first.weights)}; ${why ?? 'the same devices’ updates were added in the same order'}`;
  return why ?? null;
}

const short = (digest: string | null): string => (digest === null ? 'none' : `${digest.slice(0, 12)}…`);

function comparable(figures: Readonly<Record<string, number>>, count: number): AgainFigures | undefined {
  const loss = figures['loss'] ?? figures['rmse'];
  const accuracy = figures['accuracy'];
  return loss === undefined ? undefined : { count, loss, ...(accuracy === undefined ? {} : { accuracy }) };
}
