// The parts of a step that are no matrix product, as WebAssembly SIMD. Lengths `n` of whole buffers are multiples of four
// floats: the session pads every buffer, so only what walks along channels has a remainder to do one by one.
import {
  advance,
  f32,
  f32x4,
  i32,
  join,
  memoryCopy,
  memoryFill,
  routine,
  select,
  whileDo,
  widen,
  type Code,
  type Local,
  type Routine,
  type ValueType,
} from './assembler.ts';

/** Four lanes, or the one by one of a remainder, under the same names. */
const vectors = {
  type: 'v128',
  bytes: 16,
  ...f32x4,
  maximum: f32x4.pseudoMaximum,
  whereEqual: (value: Code, a: Code, b: Code): Code => f32x4.and(value, f32x4.equal(a, b)),
  whereNotEqual: (value: Code, a: Code, b: Code): Code => f32x4.andNot(value, f32x4.equal(a, b)),
} as const;
const singles = {
  type: 'f32',
  bytes: 4,
  ...f32,
  splat: (value: Code): Code => value,
  /** b where a < b, else a: as pseudoMaximum. */
  maximum: (a: Code, b: Code): Code => select(b, a, f32.lessThan(a, b)),
  whereEqual: (value: Code, a: Code, b: Code): Code => select(value, f32.const(0), f32.equal(a, b)),
  whereNotEqual: (value: Code, a: Code, b: Code): Code => select(f32.const(0), value, f32.equal(a, b)),
} as const;
export type Lanes = typeof vectors | typeof singles;

/** Runs `body` for every four of `n` floats; it advances the pointers itself. */
const everyFour = (n: Local, body: Code): Code =>
  whileDo(i32.atLeast(n.get, i32.const(1)), join(body, n.set(i32.sub(n.get, i32.const(4)))));
/** `body` for the channels four by four, then for the rest one by one. */
export const alongChannels = (channels: Local, body: (lanes: Lanes) => Code): Code =>
  join(
    ...[vectors, singles].map((lanes) =>
      whileDo(
        i32.atLeast(channels.get, i32.const(lanes.bytes / 4)),
        join(body(lanes), channels.set(i32.sub(channels.get, i32.const(lanes.bytes / 4)))),
      ),
    ),
  );
export const less = (count: Local): Code => count.set(i32.sub(count.get, i32.const(1)));
export const on = (pointers: readonly Local[], by: number): Code =>
  join(...pointers.map((pointer) => advance(pointer, i32.const(by))));

interface FourOf {
  readonly get: Code;
  /** Writes four values where they were read. */
  set(value: Code): Code;
}
/** A routine over `buffers` side by side: their addresses, then `n`, then scalars that become four equal lanes. */
const elementwise = (
  name: string,
  buffers: number,
  scalars: number,
  body: (...fours: FourOf[]) => Code,
): Routine =>
  routine(name, buffers + 1, scalars, (local, ...given) => {
    const pointers = given.slice(0, buffers);
    const lanes = given.slice(buffers + 1).map((scalar) => [local('v128'), scalar] as const);
    const n = given[buffers];
    if (n === undefined) return [];
    return join(
      ...lanes.map(([four, scalar]) => four.set(f32x4.splat(scalar.get))),
      everyFour(
        n,
        join(
          body(
            ...pointers.map((pointer): FourOf => ({
              get: f32x4.load(pointer.get),
              set: (value) => f32x4.store(pointer.get, value),
            })),
            ...lanes.map(([four]) => four),
          ),
          on(pointers, 16),
        ),
      ),
    );
  });

const { add, sub, mul, div, sqrt } = f32x4;

/** dy ← 0 where y is not above 0. */
const reluBackward = elementwise('reluBackward', 2, 0, (y, dy) =>
  dy.set(f32x4.and(dy.get, f32x4.greaterThan(y.get, f32x4.splat(f32.const(0))))),
);
const multiply = elementwise('multiply', 3, 0, (a, b, to) => to.set(mul(a.get, b.get)));
const scale = elementwise('scale', 1, 1, (x, factor) => x.set(mul(x.get, factor.get)));
/** to ← to + x. */
const accumulate = elementwise('accumulate', 2, 0, (x, to) => to.set(add(to.get, x.get)));
/** g ← g + μ(w − anchor). */
const pull = elementwise('pull', 3, 1, (g, w, anchor, mu) =>
  g.set(add(g.get, mul(mu.get, sub(w.get, anchor.get)))),
);
/** w ← w − η·g. */
const descend = elementwise('descend', 2, 1, (w, g, rate) => w.set(sub(w.get, mul(rate.get, g.get))));
/** v ← m·v + g; w ← w − η·v. */
const momentum = elementwise('momentum', 3, 2, (w, g, v, share, rate) =>
  join(v.set(add(mul(share.get, v.get), g.get)), w.set(sub(w.get, mul(rate.get, v.get)))),
);
/**
 * Two moments and the step by them (MomentRule in core/model/optimizer.ts). The rests are 1 − β, given because f32 cannot tell
 * 1 − 0.999 well; `rate` is η over the first bias correction, `keep` what weight decay leaves.
 */
const moments = elementwise(
  'moments',
  4,
  8,
  (w, g, m, v, beta1, rest1, beta2, rest2, rate, correction2, epsilon, keep) =>
    join(
      m.set(add(mul(beta1.get, m.get), mul(rest1.get, g.get))),
      v.set(add(mul(beta2.get, v.get), mul(rest2.get, mul(g.get, g.get)))),
      w.set(
        sub(
          mul(keep.get, w.get),
          div(mul(rate.get, m.get), add(sqrt(div(v.get, correction2.get)), epsilon.get)),
        ),
      ),
    ),
);

/** to[i] ← from[i] / 255, bytes to floats. Writes up to three floats more than `n`. */
const gatherBytes = routine('gatherBytes', 3, 0, (_, from, n, to) =>
  everyFour(
    n,
    join(
      f32x4.store(
        to.get,
        div(
          f32x4.convertUnsigned(widen.shortsLow(widen.bytesLow(widen.load32Zero(from.get)))),
          f32x4.splat(f32.const(255)),
        ),
      ),
      on([from], 4),
      on([to], 16),
    ),
  ),
);
const copy = routine('copy', 3, 0, (_, to, from, bytes) => memoryCopy(to.get, from.get, bytes.get));
const clear = routine('clear', 2, 0, (_, to, bytes) => memoryFill(to.get, i32.const(0), bytes.get));
/** to[j, i] ← from[i, j] for i < rows, j < columns; strides in bytes. */
const transpose = routine('transpose', 6, 0, (local, from, rowFrom, rows, columns, to, rowTo) => {
  const [left, read, write] = [local('i32'), local('i32'), local('i32')];
  return whileDo(
    rows.get,
    join(
      left.set(columns.get),
      read.set(from.get),
      write.set(to.get),
      whileDo(
        left.get,
        join(f32.store(write.get, f32.load(read.get)), on([read], 4), advance(write, rowTo.get), less(left)),
      ),
      advance(from, rowFrom.get),
      on([to], 4),
      less(rows),
    ),
  );
});

/** to[j] ← start[j] + Σ over the rows of x [rows, n]. */
const columnSums = routine('columnSums', 5, 0, (local, x, rows, n, start, to) => {
  const [row, read, turns] = [local('i32'), local('i32'), local('i32')];
  const sums = { v128: local('v128'), f32: local('f32') };
  return join(
    row.set(i32.shl(n.get, i32.const(2))),
    alongChannels(n, (lanes) => {
      const sum = sums[lanes.type];
      return join(
        sum.set(lanes.load(start.get)),
        read.set(x.get),
        turns.set(rows.get),
        whileDo(
          turns.get,
          join(sum.set(lanes.add(sum.get, lanes.load(read.get))), advance(read, row.get), less(turns)),
        ),
        lanes.store(to.get, sum.get),
        on([x, start, to], lanes.bytes),
      );
    }),
  );
});

/** A window of `rows` × `columns` pixels whose channels lie side by side. */
interface Window {
  readonly rows: Local;
  readonly columns: Local;
  /** Bytes from a row of the image to the next, and from a pixel to the next. */
  readonly rowBytes: Local;
  readonly pixel: Local;
}
/** Calls `visit` at each pixel of a window; each walker starts where it is told, and moves along. */
function overWindow(
  window: Window,
  walkers: readonly (readonly [walker: Local, from: Local])[],
  local: (type: ValueType) => Local,
  visit: Code,
): Code {
  const [rowsLeft, columnsLeft] = [local('i32'), local('i32')];
  const back = i32.sub(window.rowBytes.get, i32.mul(window.columns.get, window.pixel.get));
  return join(
    ...walkers.map(([walker, from]) => walker.set(from.get)),
    rowsLeft.set(window.rows.get),
    whileDo(
      rowsLeft.get,
      join(
        columnsLeft.set(window.columns.get),
        whileDo(
          columnsLeft.get,
          join(visit, ...walkers.map(([walker]) => advance(walker, window.pixel.get)), less(columnsLeft)),
        ),
        ...walkers.map(([walker]) => advance(walker, back)),
        less(rowsLeft),
      ),
    ),
  );
}

/** y ← the largest over one window of x, for each channel. */
const maximumOfWindow = routine('maximumOfWindow', 6, 0, (local, x, rows, columns, rowBytes, channels, y) => {
  const [pixel, at] = [local('i32'), local('i32')];
  const highest = { v128: local('v128'), f32: local('f32') };
  return join(
    pixel.set(i32.shl(channels.get, i32.const(2))),
    alongChannels(channels, (lanes) => {
      const best = highest[lanes.type];
      return join(
        best.set(lanes.load(x.get)),
        overWindow(
          { rows, columns, rowBytes, pixel },
          [[at, x]],
          local,
          best.set(lanes.maximum(best.get, lanes.load(at.get))),
        ),
        lanes.store(y.get, best.get),
        on([x, y], lanes.bytes),
      );
    }),
  );
});
/** Adds dy to the dx of the first pixel of the window that is as large as y, for each channel. */
const maximumOfWindowBackward = routine(
  'maximumOfWindowBackward',
  8,
  0,
  (local, x, rows, columns, rowBytes, channels, y, dy, dx) => {
    const [pixel, at, to] = [local('i32'), local('i32'), local('i32')];
    const undecided = { v128: local('v128'), f32: local('f32') };
    return join(
      pixel.set(i32.shl(channels.get, i32.const(2))),
      alongChannels(channels, (lanes) => {
        const left = undecided[lanes.type];
        const [value, highest] = [lanes.load(at.get), lanes.load(y.get)];
        return join(
          left.set(lanes.load(dy.get)),
          overWindow(
            { rows, columns, rowBytes, pixel },
            [
              [at, x],
              [to, dx],
            ],
            local,
            join(
              lanes.store(to.get, lanes.add(lanes.load(to.get), lanes.whereEqual(left.get, value, highest))),
              left.set(lanes.whereNotEqual(left.get, value, highest)),
            ),
          ),
          on([x, y, dy, dx], lanes.bytes),
        );
      }),
    );
  },
);

export const elementwiseRoutines: readonly Routine[] = [
  reluBackward,
  multiply,
  scale,
  accumulate,
  pull,
  descend,
  momentum,
  moments,
  gatherBytes,
  copy,
  clear,
  transpose,
  columnSums,
  maximumOfWindow,
  maximumOfWindowBackward,
];
