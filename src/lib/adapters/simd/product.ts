// The matrix product that a training step spends its time in, as WebAssembly SIMD: tiles of C stay in registers while the
// whole inner dimension passes (Goto & van de Geijn 2008, without their packed copies of A and B: batches are small).
// Plain multiply and add, not relaxed SIMD's fused one: the same bits on every processor.
import {
  advance,
  doWhile,
  f32,
  f32x4,
  i32,
  ifThen,
  join,
  routine,
  select,
  whileDo,
  type Code,
  type Local,
  type Routine,
} from './assembler.ts';

/**
 * Rows of a tile of eight columns. Five rows, or an inner loop that is unrolled, make V8's allocator put sums on the stack:
 * 48 GFLOP/s become 30 (Node 20, x86-64).
 */
const TILE_ROWS = 4;

/** How the elements of A lie: those of one row side by side, or those of one column. */
type Layout = 'rows' | 'columns';
type Width = 8 | 4 | 1;

/**
 * C[i, j] ← max(floor, start[i, j] + Σ A[i, (o, k)]·B[(o, k), j]) for i < m, j < n, o < outer, k < inner; all of them ≥ 1.
 * All strides in bytes. `strideA` leads from one row of A to the next where a row's elements lie side by side, and from one
 * column (k) to the next where a column's do; `outerA` from one o to the next. B lies at b + (o·inner + k)·rowB + 4j; C at
 * c + i·rowC + 4j; start, which may be C itself, at start + i·rowStart + 4j. `block` rows of C are finished before the next are
 * begun.
 */
const product = (name: string, layout: Layout): Routine =>
  routine(
    name,
    14,
    1,
    (local, m, n, a, strideA, outer, outerA, inner, b, rowB, c, rowC, start, rowStart, block, floor) => {
      const everyRow = Array.from({ length: TILE_ROWS }, (_, row) => row);
      const sums = everyRow.map(() => [local('v128'), local('v128')] as const);
      const singles = everyRow.map(() => local('f32'));
      const columns = [local('v128'), local('v128')] as const;
      const [splat, floors, column] = [local('v128'), local('v128'), local('f32')];
      const rowsOfA = everyRow.map(() => local('i32'));
      const [tileA, tileB, tileC, tileStart] = [local('i32'), local('i32'), local('i32'), local('i32')];
      const [turns, k, backA, at] = [local('i32'), local('i32'), local('i32'), local('i32')];
      const [j, rows, left, height] = [local('i32'), local('i32'), local('i32'), local('i32')];
      const atColumn = (address: Local): Code => i32.add(address.get, i32.shl(j.get, i32.const(2)));
      const times = (local: Local, factor: Local): Code => i32.mul(local.get, factor.get);

      /** `tall` rows by `width` columns of C: the only place where anything is multiplied. */
      const tile = (tall: number, width: Width): Code => {
        const each = everyRow.slice(0, tall);
        const vectors = width === 8 ? ([0, 1] as const) : width === 4 ? ([0] as const) : [];
        // Column by column, the rows of a tile lie side by side: one pointer is enough.
        const pointers = layout === 'rows' ? rowsOfA.slice(0, tall) : rowsOfA.slice(0, 1);
        const element = (row: number): readonly [Code, number] =>
          layout === 'rows' ? [rowsOfA[row]!.get, 0] : [rowsOfA[0]!.get, 4 * row];
        const moveA = (by: Code): Code => join(...pointers.map((pointer) => advance(pointer, by)));
        const step = join(
          width === 1 ? column.set(f32.load(tileB.get)) : [],
          ...vectors.map((v) => columns[v].set(f32x4.load(tileB.get, 16 * v))),
          ...each.map((row) =>
            width === 1
              ? singles[row]!.set(f32.add(singles[row]!.get, f32.mul(f32.load(...element(row)), column.get)))
              : join(
                  splat.set(f32x4.load32Splat(...element(row))),
                  ...vectors.map((v) =>
                    sums[row]![v].set(f32x4.add(sums[row]![v].get, f32x4.mul(splat.get, columns[v].get))),
                  ),
                ),
          ),
          advance(tileB, rowB.get),
          moveA(layout === 'rows' ? i32.const(4) : strideA.get),
          k.set(i32.sub(k.get, i32.const(1))),
        );
        return join(
          at.set(atColumn(tileStart)),
          ...each.map((row) =>
            join(
              width === 1 ? singles[row]!.set(f32.load(at.get)) : [],
              ...vectors.map((v) => sums[row]![v].set(f32x4.load(at.get, 16 * v))),
              advance(at, rowStart.get),
            ),
          ),
          ...pointers.map((pointer, row) =>
            pointer.set(row === 0 ? tileA.get : i32.add(rowsOfA[row - 1]!.get, strideA.get)),
          ),
          tileB.set(atColumn(b)),
          turns.set(outer.get),
          doWhile(
            join(
              k.set(inner.get),
              doWhile(step, k.get),
              moveA(backA.get),
              turns.set(i32.sub(turns.get, i32.const(1))),
            ),
            turns.get,
          ),
          at.set(atColumn(tileC)),
          ...each.map((row) => {
            const single = singles[row]!.get;
            return join(
              width === 1
                ? f32.store(at.get, select(floor.get, single, f32.lessThan(single, floor.get)))
                : [],
              ...vectors.map((v) =>
                f32x4.store(at.get, f32x4.pseudoMaximum(sums[row]![v].get, floors.get), 16 * v),
              ),
              advance(at, rowC.get),
            );
          }),
        );
      };

      /** All rows of the block for the columns j … j + width. Six rows are two tiles of three, not four and two. */
      const panel = (width: Width): Code =>
        join(
          tileA.set(a.get),
          tileC.set(c.get),
          tileStart.set(start.get),
          left.set(rows.get),
          whileDo(
            left.get,
            join(
              height.set(
                select(
                  i32.const(TILE_ROWS),
                  select(i32.const(3), left.get, i32.atLeast(left.get, i32.const(3))),
                  i32.or(i32.atLeast(left.get, i32.const(7)), i32.equal(left.get, i32.const(TILE_ROWS))),
                ),
              ),
              ...everyRow.map((row) =>
                ifThen(i32.equal(height.get, i32.const(row + 1)), tile(row + 1, width)),
              ),
              advance(tileA, layout === 'rows' ? times(strideA, height) : i32.shl(height.get, i32.const(2))),
              advance(tileC, times(rowC, height)),
              advance(tileStart, times(rowStart, height)),
              left.set(i32.sub(left.get, height.get)),
            ),
          ),
        );
      const panels = (width: Width): Code =>
        whileDo(
          i32.atLeast(i32.sub(n.get, j.get), i32.const(width)),
          join(panel(width), advance(j, i32.const(width))),
        );

      return join(
        floors.set(f32x4.splat(floor.get)),
        backA.set(
          i32.sub(outerA.get, layout === 'rows' ? i32.shl(inner.get, i32.const(2)) : times(inner, strideA)),
        ),
        whileDo(
          m.get,
          join(
            rows.set(select(block.get, m.get, i32.lessThan(block.get, m.get))),
            j.set(i32.const(0)),
            panels(8),
            panels(4),
            panels(1),
            advance(a, layout === 'rows' ? times(strideA, rows) : i32.shl(rows.get, i32.const(2))),
            advance(c, times(rowC, rows)),
            advance(start, times(rowStart, rows)),
            m.set(i32.sub(m.get, rows.get)),
          ),
        ),
      );
    },
  );

export const products: readonly Routine[] = [
  product('productOfRows', 'rows'),
  product('productOfColumns', 'columns'),
];
