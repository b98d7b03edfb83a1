// One tree as flat arrays, and its growth by CART (Breiman et al. 1984) on the cells of core/trees/columns.ts: the split that lowers
// Σ squared distance from the node's mean most. For shares of classes that is the Gini impurity, for numbers the variance. A
// category is split from all others; missing cells go where they lower it more.
import type { BinnedColumns } from '../trees/columns.ts';
import type { Random } from '../random.ts';

export interface DecisionTree {
  /** [nodes]: the contract's column that a node splits on; −1 for a leaf. Children stand behind their parent. */
  readonly column: Int32Array;
  /** [nodes]: numbers up to this cell go left; this category goes left. */
  readonly cell: Int32Array;
  /** [nodes]: 1 where missing goes left. */
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** [nodes]: rows that came through, each counted as often as it was drawn. */
  readonly cover: Float64Array;
  /** [nodes, outputs]: the mean of the targets of those rows. */
  readonly values: Float64Array;
  readonly outputs: number;
}

export interface GrowthRule {
  readonly depth: number;
  /** Rows that a child must have. */
  readonly leaf: number;
  /** Columns looked at for each split, drawn anew; all where it is not below their number. */
  readonly columnsTried: number;
}

export interface TreeRows {
  /** [count, columns]: from binRows. */
  readonly binned: Uint16Array;
  /** [count]: class indices or numbers. */
  readonly targets: Int32Array | Float32Array;
  /** Classes, or 1 for a number. */
  readonly outputs: number;
  readonly isNumber: boolean;
}

/** The nodes of a tree that is being made, each before its children. */
export interface TreeNodes {
  readonly tree: GrowingTree;
  /** A leaf; its number. */
  add(cover: number, values: Iterable<number>): number;
  /** A leaf becomes a split, whose children are added after it. */
  split(node: number, column: number, cell: number, missingGoesLeft: boolean): void;
  whole(): DecisionTree;
}
type GrowingTree = {
  readonly [Key in Exclude<keyof DecisionTree, 'outputs'>]: number[];
};

export function treeNodes(outputs: number): TreeNodes {
  const tree: GrowingTree = {
    column: [],
    cell: [],
    missingLeft: [],
    left: [],
    right: [],
    cover: [],
    values: [],
  };
  return {
    tree,
    add(cover, values) {
      tree.cell.push(0);
      tree.missingLeft.push(0);
      tree.left.push(-1);
      tree.right.push(-1);
      tree.cover.push(cover);
      for (const value of values) tree.values.push(value);
      return tree.column.push(-1) - 1;
    },
    split(node, column, cell, missingGoesLeft) {
      tree.column[node] = column;
      tree.cell[node] = cell;
      tree.missingLeft[node] = missingGoesLeft ? 1 : 0;
    },
    whole: () => ({
      column: Int32Array.from(tree.column),
      cell: Int32Array.from(tree.cell),
      missingLeft: Uint8Array.from(tree.missingLeft),
      left: Int32Array.from(tree.left),
      right: Int32Array.from(tree.right),
      cover: Float64Array.from(tree.cover),
      values: Float64Array.from(tree.values),
      outputs,
    }),
  };
}

/** `drawn`: row numbers to learn from, repeated ones counted again; reordered in place. */
export function growTree(
  columns: BinnedColumns,
  { binned, targets, outputs, isNumber }: TreeRows,
  drawn: Uint32Array,
  rule: GrowthRule,
  random: Random,
): DecisionTree {
  const width = columns.columns.length;
  const nodes = treeNodes(outputs);
  const { tree } = nodes;
  const most = Math.max(...columns.columns.map((one) => one.cells));
  const counts = new Float64Array(most);
  const sums = new Float64Array(most * outputs);
  const order = Int32Array.from({ length: width }, (_, index) => index);

  const addNode = (from: number, to: number): number => {
    const sum = new Float64Array(outputs);
    for (let i = from; i < to; i += 1)
      if (isNumber) sum[0]! += targets[drawn[i]!]!;
      else sum[targets[drawn[i]!]!]! += 1;
    return nodes.add(
      to - from,
      sum.map((one) => one / (to - from)),
    );
  };

  const bestOf = (node: number, from: number, to: number) => {
    const count = to - from;
    const total = Float64Array.from({ length: outputs }, (_, k) => tree.values[node * outputs + k]! * count);
    const parent = square(total) / count;
    let best: { readonly column: number; cell: number; missing: boolean; gain: number } | undefined;
    const tried = rule.columnsTried < width ? rule.columnsTried : width;
    if (tried < width) drawFirst(order, tried, random);
    const own = new Float64Array(outputs);
    for (let at = 0; at < tried; at += 1) {
      const index = order[at]!;
      const { cells, type } = columns.columns[index]!;
      counts.fill(0, 0, cells);
      sums.fill(0, 0, cells * outputs);
      for (let i = from; i < to; i += 1) {
        const row = drawn[i]!;
        const place = binned[row * width + index]!;
        counts[place]! += 1;
        if (isNumber) sums[place]! += targets[row]!;
        else sums[place * outputs + targets[row]!]! += 1;
      }
      const last = cells - 1;
      const missing = counts[last]!;
      own.fill(0);
      let ownCount = 0;
      for (let place = 0; place < last; place += 1) {
        if (type !== 'number') {
          own.fill(0);
          ownCount = 0;
        }
        if (counts[place] === 0) continue;
        ownCount += counts[place]!;
        for (let k = 0; k < outputs; k += 1) own[k]! += sums[place * outputs + k]!;
        for (const missingGoesLeft of missing > 0 ? [true, false] : [ownCount * 2 >= count]) {
          const extra = missingGoesLeft && missing > 0 ? 1 : 0;
          const leftCount = ownCount + extra * missing;
          const rightCount = count - leftCount;
          if (leftCount < rule.leaf || rightCount < rule.leaf) continue;
          let leftSquare = 0;
          let rightSquare = 0;
          for (let k = 0; k < outputs; k += 1) {
            const side = own[k]! + extra * sums[last * outputs + k]!;
            leftSquare += side * side;
            rightSquare += (total[k]! - side) ** 2;
          }
          const gain = leftSquare / leftCount + rightSquare / rightCount - parent;
          if (gain > (best?.gain ?? 1e-9 * Math.max(1, parent)))
            best = { column: index, cell: place, missing: missingGoesLeft, gain };
        }
      }
    }
    return best;
  };

  const split = (node: number, from: number, to: number, depth: number): void => {
    if (depth === 0 || to - from < 2 * rule.leaf) return;
    const best = bestOf(node, from, to);
    if (best === undefined) return;
    nodes.split(node, best.column, best.cell, best.missing);
    let middle = from;
    for (let i = from; i < to; i += 1) {
      const row = drawn[i]!;
      if (!goesLeft(tree, columns, node, binned, row * width)) continue;
      drawn[i] = drawn[middle]!;
      drawn[middle] = row;
      middle += 1;
    }
    const first = addNode(from, middle);
    tree.left[node] = first;
    split(first, from, middle, depth - 1);
    const second = addNode(middle, to);
    tree.right[node] = second;
    split(second, middle, to, depth - 1);
  };

  split(addNode(0, drawn.length), 0, drawn.length, rule.depth);
  return nodes.whole();
}

const square = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);

/** The first `wanted` of `order` become a draw without replacement. */
function drawFirst(order: Int32Array, wanted: number, random: Random): void {
  for (let at = 0; at < wanted; at += 1) {
    const other = at + random.below(order.length - at);
    const kept = order[at]!;
    order[at] = order[other]!;
    order[other] = kept;
  }
}

/** Whether a row at `at` of `binned` goes left at a node that splits. */
export function goesLeft(
  tree: Pick<DecisionTree | GrowingTree, 'column' | 'cell' | 'missingLeft'>,
  columns: BinnedColumns,
  node: number,
  binned: Uint16Array,
  at: number,
): boolean {
  const index = tree.column[node]!;
  const { cells, type } = columns.columns[index]!;
  const place = binned[at + index]!;
  if (place === cells - 1) return tree.missingLeft[node] === 1;
  return type === 'number' ? place <= tree.cell[node]! : place === tree.cell[node]!;
}

/** The leaf of a row at `at` of `binned`. */
export function leafOf(tree: DecisionTree, columns: BinnedColumns, binned: Uint16Array, at: number): number {
  let node = 0;
  while (tree.column[node]! >= 0)
    node = goesLeft(tree, columns, node, binned, at) ? tree.left[node]! : tree.right[node]!;
  return node;
}
