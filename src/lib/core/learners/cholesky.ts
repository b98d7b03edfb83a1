// Solves A x = b for a symmetric positive definite A: Cholesky's factorisation (Golub & Van Loan 2013, algorithm 4.2.1).

/**
 * x [n] of A [n, n] (row-major, the lower half is read) and b [n]; both are overwritten. undefined where A is not positive
 * definite to working precision.
 */
export function solvePositive(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const n = right.length;
  for (let column = 0; column < n; column += 1) {
    const own = column * n;
    let pivot = matrix[own + column]!;
    const before = pivot;
    for (let k = 0; k < column; k += 1) pivot -= matrix[own + k]! ** 2;
    if (!(pivot > 1e-14 * Math.abs(before))) return undefined;
    const root = Math.sqrt(pivot);
    matrix[own + column] = root;
    for (let row = column + 1; row < n; row += 1) {
      const at = row * n;
      let sum = matrix[at + column]!;
      for (let k = 0; k < column; k += 1) sum -= matrix[at + k]! * matrix[own + k]!;
      matrix[at + column] = sum / root;
    }
  }
  for (let row = 0; row < n; row += 1) {
    let sum = right[row]!;
    for (let k = 0; k < row; k += 1) sum -= matrix[row * n + k]! * right[k]!;
    right[row] = sum / matrix[row * n + row]!;
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    let sum = right[row]!;
    for (let k = row + 1; k < n; k += 1) sum -= matrix[k * n + row]! * right[k]!;
    right[row] = sum / matrix[row * n + row]!;
  }
  return right;
}
