// Where the lines of a chart run and where their names stand: from series and scales to paths. Pure.
import type { LineBand, LineSeries, Point } from './line-series.ts';
import { smooth, thin } from './line-series.ts';
import type { Scale } from './scale.ts';

export interface DrawnLine {
  readonly name: string;
  readonly role: LineSeries['role'];
  /** 1–7: the colour token. */
  readonly colour: number;
  readonly path: string;
  /** The raw line behind a smoothed one. */
  readonly ghost: string | undefined;
  readonly places: readonly Point[];
}

export interface EndLabel {
  readonly name: string;
  readonly colour: number;
  readonly y: number;
}

export interface LineFrame {
  readonly x: Scale;
  readonly y: Scale;
  /** Points a line may have. */
  readonly limit: number;
  /** Labels stay above this pixel. */
  readonly bottom: number;
  /** Weight of what came before in the training line, 0–1. */
  readonly smoothing: number;
}

const looks = { train: 1, 'held-out': 2, test: 3 } as const;
const LABEL_APART = 16;
/** Fewer points than this are shown as they are. */
const SMOOTHED_FROM = 40;

function placesOf(points: readonly Point[], frame: LineFrame): Point[] {
  return thin(points, frame.limit).flatMap((point) => {
    const x = frame.x.at(point.x);
    const y = frame.y.at(point.y);
    return x === undefined || y === undefined ? [] : [{ x, y }];
  });
}

const pathOf = (places: readonly Point[]): string =>
  places
    .map((place, index) => `${index === 0 ? 'M' : 'L'}${place.x.toFixed(1)} ${place.y.toFixed(1)}`)
    .join('');

export function drawnLines(series: readonly LineSeries[], frame: LineFrame): readonly DrawnLine[] {
  let others = 0;
  return series.map((one) => {
    const colour = one.role === 'other' ? ((3 + others++) % 7) + 1 : looks[one.role];
    const smooths = frame.smoothing > 0 && one.role === 'train' && one.points.length >= SMOOTHED_FROM;
    const finite = one.points.filter((point) => Number.isFinite(point.y));
    const places = placesOf(smooths ? smooth(finite, frame.smoothing) : finite, frame);
    return {
      name: one.name,
      role: one.role,
      colour,
      path: pathOf(places),
      ghost: smooths ? pathOf(placesOf(finite, frame)) : undefined,
      places,
    };
  });
}

/** The outline of a band, along its upper end and back along its lower one; '' where fewer than two of its points are on the axes. */
export function bandPath({ points }: LineBand, { x, y }: Pick<LineFrame, 'x' | 'y'>): string {
  const places = points.flatMap((point) => {
    const [at, low, high] = [x.at(point.x), y.at(point.low), y.at(point.high)];
    return at === undefined || low === undefined || high === undefined ? [] : [{ at, low, high }];
  });
  if (places.length < 2) return '';
  const [up, down] = [
    places.map(({ at, high }) => ({ x: at, y: high })),
    places.toReversed().map(({ at, low }) => ({ x: at, y: low })),
  ];
  return `${pathOf([...up, ...down])}Z`;
}

/** Names at the ends of their lines, 16 px apart: pushed down in order, then the pile goes up where it leaves the plot. */
export function endLabels(lines: readonly DrawnLine[], bottom: number): readonly EndLabel[] {
  const piled = lines
    .flatMap((line) => {
      const end = line.places.at(-1);
      return end === undefined ? [] : [{ name: line.name, colour: line.colour, y: end.y + 4 }];
    })
    .toSorted((a, b) => a.y - b.y);
  for (let index = 1; index < piled.length; index += 1) {
    const above = piled[index - 1];
    const label = piled[index];
    if (above !== undefined && label !== undefined) label.y = Math.max(label.y, above.y + LABEL_APART);
  }
  const over = Math.max(0, (piled.at(-1)?.y ?? 0) - bottom);
  return piled.map((label) => ({ ...label, y: label.y - over }));
}
