// What a person lets taking part cost this device: bytes, minutes, and when. Asked before each check-in and each round; a device that the
// next round would take beyond its limit leaves politely before it, and looks again every minute: a new day, a charger, another limit.
import * as v from 'valibot';
import type { Clock } from '../ports/clock.ts';
import type { CoordinatorLink, LinkBytes } from '../ports/coordinator-link.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const span = v.pipe(v.number(), v.finite(), v.minValue(0));

/** null: no limit. Bytes are those of both directions. */
export const Limits = v.strictObject({
  bytesADay: v.nullable(whole),
  bytesInAll: v.nullable(whole),
  minutesADay: v.nullable(span),
  /** Where the browser says nothing of it, it holds nobody up. */
  onlyCharging: v.boolean(),
  onlyUnmetered: v.boolean(),
});
export type Limits = v.InferOutput<typeof Limits>;

export const NO_LIMITS: Limits = {
  bytesADay: null,
  bytesInAll: null,
  minutesADay: null,
  onlyCharging: false,
  onlyUnmetered: false,
};

const Usage = v.pipe(
  v.strictObject({
    /** Of this device's own calendar: "2026-11-26". */
    day: v.string(),
    bytesToday: whole,
    bytesInAll: whole,
    trainedMsToday: span,
    trainedMsThisMonth: v.optional(span),
  }),
  // An earlier program counted no month: of it is known what its last day was.
  v.transform((read) => ({ ...read, trainedMsThisMonth: read.trainedMsThisMonth ?? read.trainedMsToday })),
);
export type Usage = v.InferOutput<typeof Usage>;

/** What the browser says of the device's power and its connection; null: it does not say. */
export interface Power {
  readonly charging: boolean | null;
  readonly metered: boolean | null;
}

type Settings = Pick<ParticipantStore, 'settings'>;
const LIMITS_KEY = 'own-limits';
const USAGE_KEY = 'own-usage';

export async function readLimits({ settings }: Settings): Promise<Limits> {
  const kept = v.safeParse(Limits, await settings.get(LIMITS_KEY));
  return kept.success ? kept.output : NO_LIMITS;
}
export const writeLimits = ({ settings }: Settings, limits: Limits): Promise<void> =>
  settings.put(LIMITS_KEY, limits);

/** As of the day of `now`. */
export async function readUsage({ settings }: Settings, now: number): Promise<Usage> {
  const kept = v.safeParse(Usage, await settings.get(USAGE_KEY));
  const day = dayOf(now);
  const fresh = { day, bytesToday: 0, trainedMsToday: 0 };
  if (!kept.success) return { ...fresh, bytesInAll: 0, trainedMsThisMonth: 0 };
  const { output } = kept;
  if (output.day === day) return output;
  const isSameMonth = output.day.slice(0, 7) === day.slice(0, 7);
  return { ...output, ...fresh, trainedMsThisMonth: isSameMonth ? output.trainedMsThisMonth : 0 };
}

export function dayOf(now: number): string {
  const date = new Date(now);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Of a round that has not been: model down, update up. */
export interface RoundBytes {
  readonly down: number;
  readonly up: number;
}

export interface OwnLimits {
  /** Why it takes no part now, in a sentence; undefined: it may. */
  refusal(next: RoundBytes): Promise<string | undefined>;
  /** A round has begun: what crosses from here to the next is what a round costs. */
  roundBegan(): void;
  trained(ms: number): void;
  setPower(power: Power): void;
  close(): Promise<void>;
}

const WRITE_EVERY_MS = 5_000;
/** Control messages of a round. */
const MESSAGES_BYTES = 32 * 1024;

const totalOf = ({ modelDown, updateUp, controlUp, controlDown }: LinkBytes): number =>
  modelDown + updateUp + controlUp + controlDown;
const megabytes = (bytes: number): string => `${Number((bytes / 1e6).toPrecision(3))} MB`;

export function createOwnLimits(
  store: Settings,
  link: Pick<CoordinatorLink, 'bytes' | 'onBytes'>,
  clock: Clock,
): OwnLimits {
  let counted = totalOf(link.bytes);
  let power: Power = { charging: null, metered: null };
  /** Not written down yet. */
  let bytes = 0;
  let trainedMs = 0;
  let longestMs = 0;
  /** Over all rounds of this visit. */
  let crossed = 0;
  let roundFrom: number | undefined;
  let largest = 0;
  let undoWrite: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();

  /** Adds to what is there: another tab of this browser may count as well. */
  function write(): Promise<void> {
    undoWrite?.();
    undoWrite = undefined;
    // What could not be written before is written with this.
    writing = writing
      .catch(() => undefined)
      .then(async () => {
        const own = { bytes, trainedMs };
        if (own.bytes === 0 && own.trainedMs === 0) return;
        const usage = await readUsage(store, clock.now());
        await store.settings.put(USAGE_KEY, {
          day: usage.day,
          bytesToday: usage.bytesToday + own.bytes,
          bytesInAll: usage.bytesInAll + own.bytes,
          trainedMsToday: usage.trainedMsToday + own.trainedMs,
          trainedMsThisMonth: usage.trainedMsThisMonth + own.trainedMs,
        });
        bytes -= own.bytes;
        trainedMs -= own.trainedMs;
      });
    return writing;
  }
  const undoBytes = link.onBytes((now) => {
    const total = totalOf(now);
    bytes += total - counted;
    crossed += total - counted;
    counted = total;
    // A full disk is told by what needs it more; the count is tried again with the next bytes.
    undoWrite ??= clock.after(WRITE_EVERY_MS, () => void write().catch(() => undefined));
  });

  return {
    async refusal({ down, up }) {
      const limits = await readLimits(store);
      if (limits.onlyCharging && power.charging === false)
        return 'You let this device take part only while it charges. It goes on once it is plugged in.';
      if (limits.onlyUnmetered && power.metered === true)
        return 'You let this device take part only on a connection that is not metered. It goes on on another.';
      const { bytesADay, bytesInAll, minutesADay } = limits;
      // Nothing to hold the use against: it is counted all the same, and written down in its own time.
      if (bytesADay === null && bytesInAll === null && minutesADay === null) return undefined;
      await write();
      const usage = await readUsage(store, clock.now());
      // The next version is scored as well, where this one's rounds have not shown what they cost.
      const next = MESSAGES_BYTES + Math.max(largest, largest === 0 ? 2 * down + up : down + up);
      const beyond = (limit: number | null, used: number): limit is number =>
        limit !== null && used + next > limit;
      if (beyond(bytesInAll, usage.bytesInAll))
        return `${megabytes(usage.bytesInAll)} of the ${megabytes(bytesInAll)} that you let taking part cost are used, and a round may take ${megabytes(next)}. It goes on when you allow more.`;
      if (beyond(bytesADay, usage.bytesToday))
        return `${megabytes(usage.bytesToday)} of today’s ${megabytes(bytesADay)} are used, and a round may take ${megabytes(next)}. It goes on tomorrow.`;
      if (minutesADay !== null && usage.trainedMsToday + longestMs > minutesADay * 60_000)
        return `${Math.round(usage.trainedMsToday / 60_000)} of today’s ${minutesADay} minutes of training are used. It goes on tomorrow.`;
      return undefined;
    },
    roundBegan() {
      if (roundFrom !== undefined) largest = Math.max(largest, crossed - roundFrom);
      roundFrom = crossed;
    },
    trained(ms) {
      trainedMs += ms;
      longestMs = Math.max(longestMs, ms);
    },
    setPower(now) {
      power = now;
    },
    close() {
      undoBytes();
      return write();
    },
  };
}
