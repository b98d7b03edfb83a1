// The line of examples that a judge walks along: those judged lately behind, the queue ahead. Pure: what a key does to it is decided here.
import type { Judgement } from '../core/labelling/journal.ts';
import type { LabelQueue } from '../participant/labelling/label-queue.ts';

export interface Place {
  readonly row: number;
  /** What stands of it; undefined: nothing. */
  readonly says: Judgement | undefined;
  /** What the guide would say, and how sure it is, 0–1 (0: it does not tell). */
  readonly suggestion: { readonly label: number; readonly share: number } | undefined;
}

export interface Made {
  readonly row: number;
  /** Of the example, in the journal. */
  readonly name: string;
  /** What stood of it before. */
  readonly before: Judgement | undefined;
}

export interface Line {
  readonly places: readonly Place[];
  /** Of the place shown; `places.length` at the end of the queue. */
  readonly at: number;
  /** Of the scope, and of them judged. */
  readonly total: number;
  readonly done: number;
  /** Judgements that can be taken back, oldest first. */
  readonly made: readonly Made[];
}

const isTold = (says: Judgement | undefined): boolean => says !== undefined && says.type !== 'skipped';

/** A line anew: where one stopped, the queue ahead. */
export function lineOf({ rows, suggested, sureness, total, done, recent }: LabelQueue): Line {
  const made: Made[] = [];
  const said = new Map<number, Judgement>();
  for (const { row, name, says } of recent) {
    made.push({ row, name, before: said.get(row) });
    said.set(row, says);
  }
  const queued = new Set(rows);
  // What is asked again stands ahead, not behind.
  const behind = [...said].flatMap(([row, says]): Place[] =>
    queued.has(row) ? [] : [{ row, says, suggestion: undefined }],
  );
  const ahead = Array.from(rows, (row, place): Place => ({
    row,
    says: said.get(row),
    suggestion: suggested[place]! < 0 ? undefined : { label: suggested[place]!, share: sureness[place]! },
  }));
  return { places: [...behind, ...ahead], at: behind.length, total, done, made };
}

export const placeAt = ({ places, at }: Line): Place | undefined => places[at];

/** The place shown gets its judgement, and the next is shown. */
export function judged(line: Line, name: string, says: Judgement): Line {
  const place = placeAt(line);
  if (place === undefined) return line;
  return {
    ...line,
    places: line.places.with(line.at, { ...place, says }),
    at: line.at + 1,
    done: line.done + Number(isTold(says)) - Number(isTold(place.says)),
    made: [...line.made, { row: place.row, name, before: place.says }],
  };
}

/** The last judgement taken back, its example shown; undefined where there is none. */
export function undone(line: Line): { readonly line: Line; readonly last: Made } | undefined {
  const last = line.made.at(-1);
  if (last === undefined) return undefined;
  const { row, before } = last;
  const at = line.places.findIndex((place) => place.row === row);
  const place = line.places[at];
  const made = line.made.slice(0, -1);
  if (place === undefined) {
    // It stands no longer in the line: it comes back where one is.
    const places = line.places.toSpliced(line.at, 0, { row, says: before, suggestion: undefined });
    return { last, line: { ...line, places, made } };
  }
  return {
    last,
    line: {
      ...line,
      places: line.places.with(at, { ...place, says: before }),
      at,
      done: line.done + Number(isTold(before)) - Number(isTold(place.says)),
      made,
    },
  };
}

export const moved = (line: Line, by: -1 | 1): Line => ({
  ...line,
  at: Math.min(line.places.length, Math.max(0, line.at + by)),
});

/**
 * A newer queue ahead of the place shown. What was judged stays where it stands, and so does what is shown; what was passed over comes
 * again where the queue has it. `judgedSince`: rows that were judged since the queue was asked for.
 */
export function requeued(line: Line, queue: LabelQueue, judgedSince: ReadonlySet<number>): Line {
  const fresh = lineOf(queue);
  const queued = new Map(fresh.places.slice(fresh.at).map((place) => [place.row, place]));
  const shown = placeAt(line);
  const reached = Math.max(
    line.at,
    line.places.findLastIndex((place) => isTold(place.says)),
  );
  const stays = line.places.slice(0, reached + 1).flatMap((place) => {
    if (place === shown)
      return [{ ...place, suggestion: place.suggestion ?? queued.get(place.row)?.suggestion }];
    return place.says?.type === 'skipped' && queued.has(place.row) ? [] : [place];
  });
  const taken = new Set([...stays.map((place) => place.row), ...judgedSince]);
  const ahead = [...queued.values()].filter((place) => !taken.has(place.row));
  const at = shown === undefined ? stays.length : stays.findIndex((place) => place.row === shown.row);
  return { ...line, places: [...stays, ...ahead], at };
}
