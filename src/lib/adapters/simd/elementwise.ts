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
type Lanes = typeof vectors | typeof singles;

/** Runs `body` for every four of `n` floats; it advances the pointers itself. */
const everyFour = (n: Local, body: Code): Code =>
  whileDo(i32.atLeast(n.get, i32.const(1)), join(body, n.set(i32.sub(n.get, i32.const(4)))));
/** `body` for the channels four by four, then for the rest one by one. */
const alongChannels = (channels: Local, body: (lanes: Lanes) => Code): Code =>
  join(
    ...[vectors, singles].map((lanes) =>
      whileDo(
        i32.atLeast(channels.get, i32.const(lanes.bytes / 4)),
        join(body(lanes), channels.set(i32.sub(channels.get, i32.const(lanes.bytes / 4)))),
      ),
    ),
  );
const on = (pointers: readonly Local[], by: number): Code =>
  join(...pointers.map((pointer) => advance(pointer, i32.const(by))));

/** An elementwise routine: named buffers, then `n`, then scalars that become four equal lanes. */
function elementwise<const Buffer extends string, const Scalar extends string>(
  name: string,
  buffers: readonly Buffer[],
  scalars: readonly Scalar[],
  body: (
    buffer: (name: Buffer) => { readonly value: Code; write(value: Code): Code },
    scalar: (name: Scalar) => Code,
    local: () => Local,
  ) => Code,
): Routine {
  const types: Partial<Record<Buffer | Scalar | 'n', ValueType>> = {};
  for (const scalar of scalars) types[scalar] = 'f32';
  const names: readonly (Buffer | Scalar | 'n')[] = [...buffers, 'n', ...scalars];
  return routine(name, names, types, (given, local) => {
    const lanes = new Map(scalars.map((scalar) => [scalar, local('v128')]));
    const pointers = buffers.map((buffer) => given(buffer));
    return join(
      ...[...lanes].map(([scalar, four]) => four.set(f32x4.splat(given(scalar).get))),
      everyFour(
        given('n'),
        join(
          body(
            (buffer) => ({
              value: f32x4.load(given(buffer).get),
              write: (value) => f32x4.store(given(buffer).get, value),
            }),
            (scalar) => lanes.get(scalar)?.get ?? [],
            () => local('v128'),
          ),
          on(pointers, 16),
        ),
      ),
    );
  });
}

const { add, sub, mul, div, sqrt } = f32x4;

/** dy ← 0 where y is not above 0. */
const reluBackward = elementwise('reluBackward', ['y', 'dy'], [], (buffer) =>
  buffer('dy').write(f32x4.and(buffer('dy').value, f32x4.greaterThan(buffer('y').value, f32x4.splat(f32.const(0))))),
); // prettier-ignore
const multiply = elementwise('multiply', ['a', 'b', 'to'], [], (buffer) =>
  buffer('to').write(mul(buffer('a').value, buffer('b').value)),
);
const scale = elementwise('scale', ['x'], ['factor'], (buffer, scalar) =>
  buffer('x').write(mul(buffer('x').value, scalar('factor'))),
);
/** to ← to + x. */
const accumulate = elementwise('accumulate', ['x', 'to'], [], (buffer) =>
  buffer('to').write(add(buffer('to').value, buffer('x').value)),
);
/** g ← g + μ(w − anchor). */
const pull = elementwise('pull', ['g', 'w', 'anchor'], ['mu'], (buffer, scalar) =>
  buffer('g').write(
    add(buffer('g').value, mul(scalar('mu'), sub(buffer('w').value, buffer('anchor').value))),
  ),
);
/** w ← w − η·g. */
const descend = elementwise('descend', ['w', 'g'], ['rate'], (buffer, scalar) =>
  buffer('w').write(sub(buffer('w').value, mul(scalar('rate'), buffer('g').value))),
);
/** v ← m·v + g; w ← w − η·v. */
const momentum = elementwise('momentum', ['w', 'g', 'v'], ['momentum', 'rate'], (buffer, scalar, local) => {
  const velocity = local();
  return join(
    velocity.set(add(mul(scalar('momentum'), buffer('v').value), buffer('g').value)),
    buffer('v').write(velocity.get),
    buffer('w').write(sub(buffer('w').value, mul(scalar('rate'), velocity.get))),
  );
});
/**
 * Adam's moments and step. The rests are 1 − β, given because f32 cannot tell 1 − 0.999 well; `rate` is η over the first
 * bias correction.
 */
const adam = elementwise(
  'adam',
  ['w', 'g', 'm', 'v'],
  ['beta1', 'rest1', 'beta2', 'rest2', 'rate', 'correction2', 'epsilon'],
  (buffer, scalar, local) => {
    const [gradient, first, second] = [local(), local(), local()];
    return join(
      gradient.set(buffer('g').value),
      first.set(add(mul(scalar('beta1'), buffer('m').value), mul(scalar('rest1'), gradient.get))),
      second.set(
        add(mul(scalar('beta2'), buffer('v').value), mul(scalar('rest2'), mul(gradient.get, gradient.get))),
      ),
      buffer('m').write(first.get),
      buffer('v').write(second.get),
      buffer('w').write(
        sub(
          buffer('w').value,
          div(
            mul(scalar('rate'), first.get),
            add(sqrt(div(second.get, scalar('correction2'))), scalar('epsilon')),
          ),
        ),
      ),
    );
  },
);

/** to[i] ← from[i] / 255, bytes to floats. Writes up to three floats more than `n`. */
const gatherBytes = routine('gatherBytes', ['from', 'n', 'to'], {}, (given) =>
  everyFour(
    given('n'),
    join(
      f32x4.store(
        given('to').get,
        div(
          f32x4.convertUnsigned(widen.shortsLow(widen.bytesLow(widen.load32Zero(given('from').get)))),
          f32x4.splat(f32.const(255)),
        ),
      ),
      on([given('from')], 4),
      on([given('to')], 16),
    ),
  ),
);
const copy = routine('copy', ['to', 'from', 'bytes'], {}, (given) =>
  memoryCopy(given('to').get, given('from').get, given('bytes').get),
);
const clear = routine('clear', ['to', 'bytes'], {}, (given) =>
  memoryFill(given('to').get, i32.const(0), given('bytes').get),
);
/** to[j, i] ← from[i, j] for i < rows, j < columns; strides in bytes. */
const transpose = routine(
  'transpose',
  ['from', 'rowFrom', 'rows', 'columns', 'to', 'rowTo'],
  {},
  (given, local) => {
    const [left, read, write] = [local('i32'), local('i32'), local('i32')];
    return whileDo(
      i32.atLeast(given('rows').get, i32.const(1)),
      join(
        left.set(given('columns').get),
        read.set(given('from').get),
        write.set(given('to').get),
        whileDo(
          i32.atLeast(left.get, i32.const(1)),
          join(
            f32.store(write.get, f32.load(read.get)),
            on([read], 4),
            advance(write, given('rowTo').get),
            left.set(i32.sub(left.get, i32.const(1))),
          ),
        ),
        advance(given('from'), given('rowFrom').get),
        on([given('to')], 4),
        given('rows').set(i32.sub(given('rows').get, i32.const(1))),
      ),
    );
  },
);

/** to[j] ← start[j] + Σ over the rows of x [rows, n]. */
const columnSums = routine('columnSums', ['x', 'rows', 'n', 'start', 'to'], {}, (given, local) => {
  const [row, read, left] = [local('i32'), local('i32'), local('i32')];
  const sums = { v128: local('v128'), f32: local('f32') };
  return join(
    left.set(given('n').get),
    row.set(i32.shl(given('n').get, i32.const(2))),
    alongChannels(left, (lanes) => {
      const sum = sums[lanes.type];
      const turns = local('i32');
      return join(
        sum.set(lanes.load(given('start').get)),
        read.set(given('x').get),
        turns.set(given('rows').get),
        whileDo(
          i32.atLeast(turns.get, i32.const(1)),
          join(
            sum.set(lanes.add(sum.get, lanes.load(read.get))),
            advance(read, row.get),
            turns.set(i32.sub(turns.get, i32.const(1))),
          ),
        ),
        lanes.store(given('to').get, sum.get),
        on([given('x'), given('start'), given('to')], lanes.bytes),
      );
    }),
  );
});

/** Calls `visit` at each pixel of a window of `rows` × `columns` pixels; `at` moves with it, `beside` in step. */
function overWindow(
  given: { readonly rows: Local; readonly columns: Local; readonly rowBytes: Local; readonly pixel: Local },
  walkers: readonly (readonly [walker: Local, from: Local])[],
  local: (type: ValueType) => Local,
  visit: Code,
): Code {
  const [rowsLeft, columnsLeft] = [local('i32'), local('i32')];
  const back = i32.sub(given.rowBytes.get, i32.mul(given.columns.get, given.pixel.get));
  return join(
    ...walkers.map(([walker, from]) => walker.set(from.get)),
    rowsLeft.set(given.rows.get),
    whileDo(
      i32.atLeast(rowsLeft.get, i32.const(1)),
      join(
        columnsLeft.set(given.columns.get),
        whileDo(
          i32.atLeast(columnsLeft.get, i32.const(1)),
          join(
            visit,
            ...walkers.map(([walker]) => advance(walker, given.pixel.get)),
            columnsLeft.set(i32.sub(columnsLeft.get, i32.const(1))),
          ),
        ),
        ...walkers.map(([walker]) => advance(walker, back)),
        rowsLeft.set(i32.sub(rowsLeft.get, i32.const(1))),
      ),
    ),
  );
}

/** y ← the largest over one window of x, for each channel. */
const maximumOfWindow = routine(
  'maximumOfWindow',
  ['x', 'rows', 'columns', 'rowBytes', 'channels', 'y'],
  {},
  (given, local) => {
    const [pixel, at] = [local('i32'), local('i32')];
    const highest = { v128: local('v128'), f32: local('f32') };
    const window = { rows: given('rows'), columns: given('columns'), rowBytes: given('rowBytes'), pixel };
    return join(
      pixel.set(i32.shl(given('channels').get, i32.const(2))),
      alongChannels(given('channels'), (lanes) => {
        const best = highest[lanes.type];
        return join(
          best.set(lanes.load(given('x').get)),
          overWindow(
            window,
            [[at, given('x')]],
            local,
            best.set(lanes.maximum(best.get, lanes.load(at.get))),
          ),
          lanes.store(given('y').get, best.get),
          on([given('x'), given('y')], lanes.bytes),
        );
      }),
    );
  },
);
/** Adds dy to the dx of the first pixel of the window that is as large as y, for each channel. */
const maximumOfWindowBackward = routine(
  'maximumOfWindowBackward',
  ['x', 'rows', 'columns', 'rowBytes', 'channels', 'y', 'dy', 'dx'],
  {},
  (given, local) => {
    const [pixel, at, to] = [local('i32'), local('i32'), local('i32')];
    const undecided = { v128: local('v128'), f32: local('f32') };
    const window = { rows: given('rows'), columns: given('columns'), rowBytes: given('rowBytes'), pixel };
    return join(
      pixel.set(i32.shl(given('channels').get, i32.const(2))),
      alongChannels(given('channels'), (lanes) => {
        const left = undecided[lanes.type];
        const [x, y] = [lanes.load(at.get), lanes.load(given('y').get)];
        return join(
          left.set(lanes.load(given('dy').get)),
          overWindow(
            window,
            [
              [at, given('x')],
              [to, given('dx')],
            ],
            local,
            join(
              lanes.store(to.get, lanes.add(lanes.load(to.get), lanes.whereEqual(left.get, x, y))),
              left.set(lanes.whereNotEqual(left.get, x, y)),
            ),
          ),
          on([given('x'), given('y'), given('dy'), given('dx')], lanes.bytes),
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
  adam,
  gatherBytes,
  copy,
  clear,
  transpose,
  columnSums,
  maximumOfWindow,
  maximumOfWindowBackward,
];
