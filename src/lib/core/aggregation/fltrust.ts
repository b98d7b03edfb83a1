// FLTrust: a device that the coordinator trusts trains on a few root rows, and an update counts by how far it points the same
// way: its trust is TS_k = max(0, cos(Δ_k, Δ_0)), and it is cut or stretched to the root update's length. In the paper the server
// holds these rows; here rows stay on devices, and a device is trusted in its place (core/round/roots.ts).
// Cao, Fang, Liu & Gong 2021, "FLTrust: Byzantine-robust Federated Learning via Trust Bootstrapping", algorithm 2:
// Δ̄ = Σ TS_k · (‖Δ_0‖ / ‖Δ_k‖) · Δ_k / Σ TS_k. It stands any number of hostile devices as long as the root rows are like theirs.
import { fail, ok } from '../result.ts';
import { addSquares, addWeighted, inPasses, plainly, serverRate, tooFew } from './individual.ts';
import type { IndividualStrategy, UpdateBlock } from './strategy.ts';

export const flTrust: IndividualStrategy = {
  ...plainly,
  name: 'fltrust',
  title: 'FLTrust',
  group: 'robust',
  description:
    'Updates count as far as they agree with that of a device that you trust. About 100 rows suffice there, like the others’ data.',
  paper: 'Cao et al. 2021, algorithm 2',
  options: [serverRate],
  needsRoot: true,
  minimumUpdates: () => 1,
  start({ length: withRoot }, { parameterCount }) {
    if (withRoot < 2) return tooFew(1, Math.max(0, withRoot - 1));
    const delta = new Float64Array(parameterCount);
    const squares = new Float64Array(withRoot);
    const products = new Float64Array(withRoot);
    let trust = 0;
    const measure = () => (block: UpdateBlock) => {
      addSquares(squares, block);
      addProducts(products, block);
    };
    const average = () => {
      const rootNorm = Math.sqrt(squares[0]!);
      const rows = Array.from({ length: withRoot - 1 }, (_, k) => {
        const norm = Math.sqrt(squares[k + 1]!);
        const score = norm === 0 || rootNorm === 0 ? 0 : Math.max(0, products[k + 1]! / (norm * rootNorm));
        return { row: k + 1, score, stretch: norm === 0 ? 0 : rootNorm / norm };
      });
      trust = rows.reduce((sum, { score }) => sum + score, 0);
      const weighted = rows
        .filter(({ score }) => score > 0)
        .map(({ row, score, stretch }) => ({ row, weight: (score / trust) * stretch }));
      return (block: UpdateBlock) => addWeighted(delta, block, weighted);
    };
    return ok(
      inPasses([measure, average], () => {
        if (squares[0] === 0) return fail({ kind: 'root-is-zero' });
        return trust === 0 ? fail({ kind: 'none-trusted', updates: withRoot - 1 }) : ok(delta);
      }),
    );
  },
};

/** products[k] += Σ_i values[k][i] · values[0][i]; one chain a row in the order of the coordinates. */
function addProducts(products: Float64Array, { values }: UpdateBlock): void {
  const root = values[0]!;
  for (const [row, update] of values.entries()) {
    let sum = products[row]!;
    for (let i = 0; i < root.length; i += 1) sum += update[i]! * root[i]!;
    products[row] = sum;
  }
}
