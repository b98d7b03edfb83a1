// What a normalisation needs along the columns of matrices [rows, n], as WebAssembly SIMD: four columns at a time, then the rest
// one by one. Columns' own numbers (scale, shift, …) are rows of n floats.
import {
  advance,
  f32,
  i32,
  join,
  routine,
  whileDo,
  type Code,
  type Local,
  type Routine,
} from './assembler.ts';
import { alongChannels, less, on, type Lanes } from './elementwise.ts';

type Locals = Parameters<Parameters<typeof routine>[3]>[0];

/** A local for four columns and one for a single one, under the name of the lanes' type. */
const either = (local: Locals): Readonly<Record<Lanes['type'], Local>> => ({
  v128: local('v128'),
  f32: local('f32'),
});

/** Walks down the rows with `walkers`, each from where its pointer is told. */
const downRows = (
  rows: Local,
  row: Local,
  turns: Local,
  walkers: readonly (readonly [walker: Local, from: Local])[],
  visit: Code,
): Code =>
  join(
    ...walkers.map(([walker, from]) => walker.set(from.get)),
    turns.set(rows.get),
    whileDo(turns.get, join(visit, ...walkers.map(([walker]) => advance(walker, row.get)), less(turns))),
  );

/** to[j] ← Σ over the rows of a · b. */
const columnProducts = routine('columnProducts', 5, 0, (local, a, b, rows, n, to) => {
  const [row, atA, atB, turns] = [local('i32'), local('i32'), local('i32'), local('i32')];
  const sums = either(local);
  return join(
    row.set(i32.shl(n.get, i32.const(2))),
    alongChannels(n, (lanes) => {
      const sum = sums[lanes.type];
      const product = lanes.mul(lanes.load(atA.get), lanes.load(atB.get));
      return join(
        sum.set(lanes.splat(f32.const(0))),
        downRows(
          rows,
          row,
          turns,
          [
            [atA, a],
            [atB, b],
          ],
          sum.set(lanes.add(sum.get, product)),
        ),
        lanes.store(to.get, sum.get),
        on([a, b, to], lanes.bytes),
      );
    }),
  );
});

/** y ← x · scale[j] + shift[j]; y may be x. */
const scaleColumns = routine('scaleColumns', 6, 0, (local, x, rows, n, scale, shift, y) => {
  const [row, read, write, turns] = [local('i32'), local('i32'), local('i32'), local('i32')];
  const [factors, terms] = [either(local), either(local)];
  return join(
    row.set(i32.shl(n.get, i32.const(2))),
    alongChannels(n, (lanes) => {
      const [factor, term] = [factors[lanes.type], terms[lanes.type]];
      return join(
        factor.set(lanes.load(scale.get)),
        term.set(lanes.load(shift.get)),
        downRows(
          rows,
          row,
          turns,
          [
            [read, x],
            [write, y],
          ],
          lanes.store(write.get, lanes.add(lanes.mul(lanes.load(read.get), factor.get), term.get)),
        ),
        on([x, scale, shift, y], lanes.bytes),
      );
    }),
  );
});

/** to ← a · p[j] + b · q[j] + r[j]; to may be a or b. */
const mixColumns = routine('mixColumns', 8, 0, (local, a, b, rows, n, p, q, r, to) => {
  const [row, atA, atB, write, turns] = [
    local('i32'),
    local('i32'),
    local('i32'),
    local('i32'),
    local('i32'),
  ];
  const [ofA, ofB, terms] = [either(local), either(local), either(local)];
  return join(
    row.set(i32.shl(n.get, i32.const(2))),
    alongChannels(n, (lanes) => {
      const [factorA, factorB, term] = [ofA[lanes.type], ofB[lanes.type], terms[lanes.type]];
      const [first, second] = [
        lanes.mul(lanes.load(atA.get), factorA.get),
        lanes.mul(lanes.load(atB.get), factorB.get),
      ];
      return join(
        factorA.set(lanes.load(p.get)),
        factorB.set(lanes.load(q.get)),
        term.set(lanes.load(r.get)),
        downRows(
          rows,
          row,
          turns,
          [
            [atA, a],
            [atB, b],
            [write, to],
          ],
          lanes.store(write.get, lanes.add(lanes.add(first, second), term.get)),
        ),
        on([a, b, p, q, r, to], lanes.bytes),
      );
    }),
  );
});

export const columnRoutines: readonly Routine[] = [columnProducts, scaleColumns, mixColumns];
