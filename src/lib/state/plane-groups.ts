// Rows in a plane by what is to be learnt: groups with a colour and a mark each, so that no group is told by colour alone; what each is like
// in figures, for whoever does not see them.
import type { Projection } from '../modalities/project-dataset.ts';
import { number } from './format.ts';

/** Told apart without their colours (components/explore/scatter-geometry.ts draws them). */
export const marks = ['circle', 'square', 'triangle', 'diamond', 'cross', 'wedge', 'plus'] as const;
export type Mark = (typeof marks)[number];

export interface PlaneGroup {
  readonly label: string;
  /** A custom property of the page. */
  readonly colour: string;
  readonly mark: Mark;
  readonly count: number;
}
export interface PlaneGroups {
  readonly groups: readonly PlaneGroup[];
  /** [rows]: the group of each. */
  readonly of: Uint8Array;
}

const COLOURS = 7;
/** Twice through the colours; what more there is stands together. */
const MOST_GROUPS = 2 * COLOURS;
const FIFTHS = [0.2, 0.4, 0.6, 0.8];

export function planeGroups(colour: Projection['colour']): PlaneGroups {
  return colour.type === 'classes' ? byClass(colour) : byFifths(colour);
}

function byClass({ labels, codes }: Extract<Projection['colour'], { type: 'classes' }>): PlaneGroups {
  const counts = labels.map(() => 0);
  let unlabelled = 0;
  for (const code of codes) {
    if (code < 0) unlabelled += 1;
    else counts[code]! += 1;
  }
  const held = [...counts.keys()].filter((code) => counts[code]! > 0);
  const own =
    held.length <= MOST_GROUPS
      ? held
      : held
          .toSorted((a, b) => counts[b]! - counts[a]!)
          .slice(0, MOST_GROUPS - 1)
          .sort((a, b) => a - b);
  const others = held.filter((code) => !own.includes(code));
  const groups: PlaneGroup[] = own.map((code, place) => ({
    label: labels[code] ?? '',
    colour: `--series-${(place % COLOURS) + 1}`,
    mark: marks[(place + Math.floor(place / COLOURS)) % marks.length]!,
    count: counts[code]!,
  }));
  if (others.length > 0)
    groups.push({
      label: `${others.length} others`,
      colour: '--ink-2',
      mark: 'plus',
      count: others.reduce((sum, code) => sum + counts[code]!, 0),
    });
  if (unlabelled > 0) groups.push({ label: 'no label', colour: '--ink-3', mark: 'cross', count: unlabelled });
  return {
    groups,
    of: Uint8Array.from(codes, (code) => {
      if (code < 0) return groups.length - 1;
      const place = own.indexOf(code);
      return place < 0 ? own.length : place;
    }),
  };
}

/** Fifths of the rows, from the least to the most. */
function byFifths({ name, values }: Extract<Projection['colour'], { type: 'number' }>): PlaneGroups {
  const sorted = values.toSorted();
  const most = sorted.at(-1);
  const edges = [
    ...new Set(FIFTHS.map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN)),
  ].filter((edge) => edge !== most);
  const of = Uint8Array.from(values, (value) => edges.filter((edge) => value > edge).length);
  const labelOf = (group: number): string =>
    edges.length === 0
      ? name
      : group === 0
        ? `${name} to ${number(edges[0] ?? NaN)}`
        : group === edges.length
          ? `above ${number(edges.at(-1) ?? NaN)}`
          : `to ${number(edges[group]!)}`;
  return {
    groups: Array.from({ length: edges.length + 1 }, (_, group) => ({
      label: labelOf(group),
      colour: `--sequential-${group + 3}`,
      mark: 'circle',
      count: of.reduce((sum, own) => sum + Number(own === group), 0),
    })),
    of,
  };
}

export interface GroupPlace {
  /** Of both axes. */
  readonly middle: readonly [number, number];
  readonly spread: readonly [number, number];
}

/** Where each group lies, and how far its rows do from there (standard deviation); undefined where it has none. */
export function groupPlaces(
  { groups, of }: PlaneGroups,
  places: Float32Array,
): readonly (GroupPlace | undefined)[] {
  return groups.map((_, group) => {
    const own = [...of.keys()].filter((row) => of[row] === group);
    if (own.length === 0) return undefined;
    const along = (axis: 0 | 1): readonly [number, number] => {
      const middle = own.reduce((sum, row) => sum + places[2 * row + axis]!, 0) / own.length;
      const squares = own.reduce((sum, row) => sum + (places[2 * row + axis]! - middle) ** 2, 0);
      return [middle, Math.sqrt(squares / own.length)];
    };
    const [first, second] = [along(0), along(1)];
    return { middle: [first[0], second[0]], spread: [first[1], second[1]] };
  });
}
