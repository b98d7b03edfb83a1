// The matrix product that a training step spends its time in, as WebAssembly SIMD: tiles of C stay in registers while the
// whole inner dimension passes (Goto & van de Geijn 2008, with C in place of their packed A, since batches are small).
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

/** Rows of a tile: 5 × 8 floats are ten of the sixteen vector registers, and half a batch of ten. */
const TILE_ROWS = 5;
const UNROLLED = 4;

/** How the elements of A lie: those of one row side by side, or those of one column. */
type Layout = 'rows' | 'columns';
type Width = 8 | 4 | 1;

/**
 * C[i, j] ← max(floor, start[i, j] + Σ A[i, (o, k)]·B[(o, k), j]) for i < m, j < n, o < outer, k < inner; outer, inner ≥ 1.
 * All strides in bytes. A lies at a + i·rowA + o·outerA + k·stepA, where stepA (rows) or rowA (columns) is 4; B at
 * b + (o·inner + k)·rowB + 4j; C at c + i·rowC + 4j; start, which may be C itself, at start + i·rowStart + 4j. `block` rows of
 * C are finished before the next are begun.
 */
function product(layout: Layout): Routine {
  return routine(
    layout === 'rows' ? 'productOfRows' : 'productOfColumns',
    ['m', 'n', 'a', 'strideA', 'outer', 'outerA', 'inner', 'b', 'rowB', 'c', 'rowC', 'start', 'rowStart', 'block', 'floor'], // prettier-ignore
    { floor: 'f32' },
    (given, local) => {
      const [m, n, a, strideA, outer, outerA, inner] = [given('m'), given('n'), given('a'), given('strideA'), given('outer'), given('outerA'), given('inner')]; // prettier-ignore
      const [b, rowB, c, rowC, start, rowStart, block, floor] = [given('b'), given('rowB'), given('c'), given('rowC'), given('start'), given('rowStart'), given('block'), given('floor')]; // prettier-ignore
      const sums = Array.from({ length: TILE_ROWS }, () => [local('v128'), local('v128')] as const);
      const singles = Array.from({ length: TILE_ROWS }, () => local('f32'));
      const columns = [local('v128'), local('v128')] as const;
      const [splat, floors, column] = [local('v128'), local('v128'), local('f32')];
      const rowsOfA = Array.from({ length: TILE_ROWS }, () => local('i32'));
      const [tileA, tileB, tileC, tileStart] = [local('i32'), local('i32'), local('i32'), local('i32')];
      const [j, left, turns, k, backA, at, rows] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32'), local('i32'), local('i32')]; // prettier-ignore

      /** One step of the inner dimension for a tile. */
      const step = (height: number, width: Width, ahead: number): Code => {
        const valueOf = (row: number): readonly [Code, number] =>
          layout === 'rows' ? [rowsOfA[row]!.get, 4 * ahead] : [rowsOfA[0]!.get, 4 * row];
        const each = Array.from({ length: height }, (_, row) => row);
        if (width === 1)
          return join(
            column.set(f32.load(tileB.get)),
            ...each.map((row) =>
              singles[row]!.set(f32.add(singles[row]!.get, f32.mul(f32.load(...valueOf(row)), column.get))),
            ),
            advance(tileB, rowB.get),
          );
        const vectors = width === 8 ? [0, 1] : [0];
        return join(
          ...vectors.map((v) => columns[v]!.set(f32x4.load(tileB.get, 16 * v))),
          ...each.map((row) =>
            join(
              splat.set(f32x4.load32Splat(...valueOf(row))),
              ...vectors.map((v) =>
                sums[row]![v]!.set(f32x4.add(sums[row]![v]!.get, f32x4.mul(splat.get, columns[v]!.get))),
              ),
            ),
          ),
          advance(tileB, rowB.get),
        );
      };

      const tile = (height: number, width: Width): Code => {
        const each = Array.from({ length: height }, (_, row) => row);
        const vectors = width === 8 ? [0, 1] : [0];
        const pointers = layout === 'rows' ? each : [0];
        const moveA = (by: Code): Code => join(...pointers.map((row) => advance(rowsOfA[row]!, by)));
        const repeat = (count: Code, body: Code): Code =>
          join(k.set(count), ifThen(k.get, doWhile(join(body, k.set(i32.sub(k.get, i32.const(1)))), k.get)));
        const single = join(step(height, width, 0), moveA(layout === 'rows' ? i32.const(4) : strideA.get));
        const unrolled = join(
          ...Array.from({ length: UNROLLED }, (_, ahead) => step(height, width, ahead)),
          moveA(i32.const(4 * UNROLLED)),
        );
        const along =
          layout === 'rows'
            ? join(
                repeat(i32.shr(inner.get, i32.const(2)), unrolled),
                repeat(i32.and(inner.get, i32.const(UNROLLED - 1)), single),
              )
            : repeat(inner.get, single);
        return join(
          at.set(i32.add(tileStart.get, i32.shl(j.get, i32.const(2)))),
          ...each.map((row) =>
            join(
              width === 1
                ? singles[row]!.set(f32.load(at.get))
                : join(...vectors.map((v) => sums[row]![v]!.set(f32x4.load(at.get, 16 * v)))),
              advance(at, rowStart.get),
            ),
          ),
          rowsOfA[0]!.set(tileA.get),
          ...pointers.slice(1).map((row) => rowsOfA[row]!.set(i32.add(rowsOfA[row - 1]!.get, strideA.get))),
          tileB.set(i32.add(b.get, i32.shl(j.get, i32.const(2)))),
          turns.set(outer.get),
          doWhile(join(along, moveA(backA.get), turns.set(i32.sub(turns.get, i32.const(1)))), turns.get),
          at.set(i32.add(tileC.get, i32.shl(j.get, i32.const(2)))),
          ...each.map((row) =>
            join(
              width === 1
                ? f32.store(
                    at.get,
                    select(floor.get, singles[row]!.get, f32.lessThan(singles[row]!.get, floor.get)),
                  )
                : join(
                    ...vectors.map((v) =>
                      f32x4.store(at.get, f32x4.pseudoMaximum(sums[row]![v]!.get, floors.get), 16 * v),
                    ),
                  ),
              advance(at, rowC.get),
            ),
          ),
        );
      };

      /** All rows of the block for the columns j … j + width. */
      const panel = (width: Width): Code =>
        join(
          tileA.set(a.get),
          tileC.set(c.get),
          tileStart.set(start.get),
          left.set(rows.get),
          whileDo(
            i32.atLeast(left.get, i32.const(TILE_ROWS)),
            join(
              tile(TILE_ROWS, width),
              advance(tileA, layout === 'rows' ? i32.mul(strideA.get, i32.const(TILE_ROWS)) : i32.const(4 * TILE_ROWS)),
              advance(tileC, i32.mul(rowC.get, i32.const(TILE_ROWS))),
              advance(tileStart, i32.mul(rowStart.get, i32.const(TILE_ROWS))),
              left.set(i32.sub(left.get, i32.const(TILE_ROWS))),
            ), // prettier-ignore
          ),
          ...Array.from({ length: TILE_ROWS - 1 }, (_, index) =>
            ifThen(i32.equal(left.get, i32.const(index + 1)), tile(index + 1, width)),
          ),
        );
      const panels = (width: Width): Code =>
        whileDo(
          i32.atLeast(i32.sub(n.get, j.get), i32.const(width)),
          join(panel(width), advance(j, i32.const(width))),
        );

      return join(
        floors.set(f32x4.splat(floor.get)),
        backA.set(i32.sub(outerA.get, i32.mul(inner.get, layout === 'rows' ? i32.const(4) : strideA.get))),
        whileDo(
          i32.atLeast(m.get, i32.const(1)),
          join(
            rows.set(select(block.get, m.get, i32.lessThan(block.get, m.get))),
            j.set(i32.const(0)),
            panels(8),
            panels(4),
            panels(1),
            advance(a, i32.mul(rows.get, layout === 'rows' ? strideA.get : i32.const(4))),
            advance(c, i32.mul(rows.get, rowC.get)),
            advance(start, i32.mul(rows.get, rowStart.get)),
            m.set(i32.sub(m.get, rows.get)),
          ),
        ),
      );
    },
  );
}

export const products: readonly Routine[] = [product('rows'), product('columns')];
