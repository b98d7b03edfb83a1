// A sample of handwriting: 28 × 28 digits drawn by a seeded pen. Each seed is one person with a hand of their own (slant, pressure,
// proportions, which form of 1, 4 and 7), so that participants differ as people do. No data set lies behind it.
import type { ImageContract } from '../../core/data/contract.ts';
import { random, type Random } from '../../core/random.ts';

export const drawnDigitsContract: ImageContract = {
  kind: 'image',
  height: 28,
  width: 28,
  channels: 1,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
};

const SIDE = 28;
type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** Points on an ellipse, from and to in turns (0 = right, ¼ = down). */
const arc = (cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke => {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) * 16));
  return Array.from({ length: steps + 1 }, (_, step): Point => {
    const turn = 2 * Math.PI * (from + ((to - from) * step) / steps);
    return [cx + rx * Math.cos(turn), cy + ry * Math.sin(turn)];
  });
};

/** Each digit's forms in a unit square, y downwards. */
const FORMS: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.32, 0.48, -0.25, 0.77)]],
  [
    [
      [
        [0.5, 0.02],
        [0.5, 0.98],
      ],
    ],
    [
      [
        [0.3, 0.25],
        [0.52, 0.02],
        [0.52, 0.98],
      ],
    ],
    [
      [
        [0.3, 0.22],
        [0.52, 0.02],
        [0.52, 0.97],
      ],
      [
        [0.28, 0.98],
        [0.76, 0.98],
      ],
    ],
  ],
  [
    [[...arc(0.5, 0.28, 0.3, 0.26, -0.47, 0.1), [0.2, 0.97], [0.82, 0.97]]],
    [
      [
        ...arc(0.5, 0.27, 0.28, 0.25, -0.45, 0.12),
        [0.22, 0.9],
        ...arc(0.32, 0.88, 0.1, 0.08, 0.5, 1.1),
        [0.84, 0.95],
      ],
    ],
  ],
  [
    [[...arc(0.45, 0.26, 0.28, 0.24, -0.42, 0.22), ...arc(0.45, 0.73, 0.32, 0.25, -0.22, 0.4)]],
    [[[0.2, 0.04], [0.76, 0.04], [0.44, 0.4], ...arc(0.45, 0.7, 0.3, 0.28, -0.2, 0.4)]],
  ],
  [
    [
      [
        [0.62, 0.02],
        [0.14, 0.66],
        [0.88, 0.66],
      ],
      [
        [0.66, 0.3],
        [0.64, 0.98],
      ],
    ],
    [
      [
        [0.24, 0.04],
        [0.2, 0.52],
        [0.78, 0.5],
      ],
      [
        [0.76, 0.04],
        [0.72, 0.98],
      ],
    ],
  ],
  [[[[0.78, 0.03], [0.28, 0.03], [0.24, 0.42], ...arc(0.46, 0.68, 0.33, 0.29, -0.36, 0.38)]]],
  [
    [[[0.66, 0.02], [0.36, 0.3], ...arc(0.5, 0.7, 0.29, 0.28, 0.5, -0.5)]],
    [[...arc(0.62, 0.5, 0.42, 0.48, 0.75, 0.5), ...arc(0.48, 0.7, 0.28, 0.27, 0.5, 1.52)]],
  ],
  [
    [
      [
        [0.18, 0.04],
        [0.82, 0.04],
        [0.4, 0.98],
      ],
    ],
    [
      [
        [0.18, 0.06],
        [0.82, 0.04],
        [0.4, 0.98],
      ],
      [
        [0.36, 0.5],
        [0.76, 0.48],
      ],
    ],
  ],
  [
    [[...arc(0.5, 0.26, 0.25, 0.24, 0.25, -0.75), ...arc(0.5, 0.74, 0.3, 0.25, -0.25, 0.77)]],
    [
      [
        ...arc(0.5, 0.26, 0.24, 0.23, 0, 0.25),
        ...arc(0.5, 0.75, 0.28, 0.24, -0.25, -1.25),
        ...arc(0.5, 0.26, 0.24, 0.23, 0.25, 1),
      ],
    ],
  ],
  [
    [[...arc(0.48, 0.3, 0.28, 0.27, 0, 1.02), [0.74, 0.62], [0.66, 0.98]]],
    [[...arc(0.48, 0.3, 0.27, 0.27, -0.05, 0.98), ...arc(0.4, 0.66, 0.36, 0.32, 0, 0.36)]],
  ],
];

/** The hand of one person. */
interface Hand {
  readonly slant: number;
  readonly stretch: number;
  readonly thickness: number;
  readonly pressure: number;
  readonly wobble: number;
  readonly favourite: readonly number[];
}

function handOf(draw: Random): Hand {
  return {
    slant: 0.18 * draw.normal(),
    stretch: Math.exp(0.12 * draw.normal()),
    thickness: 1.05 + 0.55 * draw.next(),
    pressure: 200 + 55 * draw.next(),
    wobble: 0.02 + 0.018 * draw.next(),
    favourite: FORMS.map((forms) => draw.below(forms.length)),
  };
}

export interface DrawnDigit {
  /** [28, 28, 1], light on black. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly digit: number;
}

/** `count` digits of one person, classes drawn evenly; the same seed draws the same digits. About 40 µs each. */
export function* drawnDigits(seed: number, count: number): Generator<DrawnDigit, void, undefined> {
  const hand = handOf(random(seed, 'drawn-digits', 'hand'));
  const draw = random(seed, 'drawn-digits', 'strokes');
  for (let made = 0; made < count; made += 1) {
    const digit = draw.below(10);
    yield { digit, pixels: drawnDigit(digit, hand, draw) };
  }
}

function drawnDigit(digit: number, hand: Hand, draw: Random): Uint8Array<ArrayBuffer> {
  const forms = FORMS[digit] ?? [];
  const chosen = draw.next() < 0.8 ? (hand.favourite[digit] ?? 0) : draw.below(forms.length);
  const strokes = forms[chosen] ?? [];
  const slant = hand.slant + 0.07 * draw.normal();
  const angle = 0.06 * draw.normal();
  const stretch = hand.stretch * Math.exp(0.06 * draw.normal());
  // The pen drifts: each control point is moved, and what lies between follows smoothly.
  const bend = [draw.normal(), draw.normal(), draw.normal(), draw.normal()].map((value) => 0.035 * value);
  const moved = strokes.map((stroke) =>
    stroke.map(([px, py]): Point => {
      const x0 =
        (px - 0.5) * stretch +
        hand.wobble * draw.normal() +
        bend[0]! * Math.sin(3 * py) +
        bend[1]! * (py - 0.5);
      const y0 = py - 0.5 + hand.wobble * draw.normal() + bend[2]! * Math.sin(3 * px) + bend[3]! * (px - 0.5);
      const x = x0 - slant * y0;
      return [x * Math.cos(angle) - y0 * Math.sin(angle), x * Math.sin(angle) + y0 * Math.cos(angle)];
    }),
  );
  return rendered(
    fitted(moved, draw),
    Math.max(0.8, hand.thickness * Math.exp(0.12 * draw.normal())),
    hand.pressure,
  );
}

/** Into the 20 × 20 box in the middle of the field, as MNIST is, give or take a pixel. */
function fitted(strokes: readonly Stroke[], draw: Random): readonly Stroke[] {
  const points = strokes.flat();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (18.5 * Math.exp(0.05 * draw.normal())) / Math.max(right - left, bottom - top);
  const dx = SIDE / 2 - ((left + right) / 2) * scale + 0.6 * draw.normal();
  const dy = SIDE / 2 - ((top + bottom) / 2) * scale + 0.6 * draw.normal();
  return strokes.map((stroke) => stroke.map(([x, y]): Point => [x * scale + dx, y * scale + dy]));
}

/** Distance to the nearest segment decides a pixel's light: full within the pen, fading over one pixel. */
function rendered(strokes: readonly Stroke[], radius: number, pressure: number): Uint8Array<ArrayBuffer> {
  const nearest = new Float64Array(SIDE * SIDE).fill(Infinity);
  const reach = radius + 1;
  for (const stroke of strokes)
    for (let i = 0; i + 1 < stroke.length; i += 1) {
      const [ax, ay] = stroke[i]!;
      const [bx, by] = stroke[i + 1]!;
      const [dx, dy] = [bx - ax, by - ay];
      const squared = dx * dx + dy * dy;
      for (
        let y = Math.max(0, Math.floor(Math.min(ay, by) - reach));
        y <= Math.min(SIDE - 1, Math.ceil(Math.max(ay, by) + reach));
        y += 1
      )
        for (
          let x = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
          x <= Math.min(SIDE - 1, Math.ceil(Math.max(ax, bx) + reach));
          x += 1
        ) {
          const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
          const along = squared === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
          const [offX, offY] = [px - along * dx, py - along * dy];
          const distance = Math.sqrt(offX * offX + offY * offY);
          const at = y * SIDE + x;
          if (distance < nearest[at]!) nearest[at] = distance;
        }
    }
  const pixels = new Uint8Array(SIDE * SIDE);
  for (let at = 0; at < pixels.length; at += 1) {
    const light = Math.max(0, Math.min(1, radius + 0.5 - nearest[at]!));
    pixels[at] = Math.floor(light * pressure + 0.5);
  }
  return pixels;
}
