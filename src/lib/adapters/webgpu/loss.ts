// The two losses and their gradients with respect to the outputs, one lane a row. A lane adds what its rows lost to a sum of
// its own, which is read back rarely.
import { isClassifier } from '../../core/model/head.ts';
import type { Network } from '../../core/model/network.ts';
import { RECORD_COUNT, type RecordLayout } from './step-record.ts';
import { each, slope, type Dispatch, type Tensor } from './wgsl.ts';

/** Sums of the loss, to be added up by the host. */
export const LOSS_SUMS = 256;

/** Writes the gradient of the mean loss to `dy`: zeros in rows that a smaller batch lacks, so that these count for nothing. */
export function lossDispatch(network: Network, outputs: Tensor, dy: number, record: RecordLayout): Dispatch {
  const { batch, targets } = record;
  const size = network.outputSize;
  const target = `bitcast<f32>(record[${targets}u + row])`;
  const put = (at: string, value: string): string => `values[${dy}u + ${at}] = ${value};`;
  const one = isClassifier(network)
    ? `let begin = row * ${size}u;
var highest = values[${outputs.offset}u + begin];
for (var i = 1u; i < ${size}u; i++) { highest = max(highest, values[${outputs.offset}u + begin + i]); }
var total = 0.0;
for (var i = 0u; i < ${size}u; i++) { total += exp(values[${outputs.offset}u + begin + i] - highest); }
let truth = u32(${target});
sum += log(total) + highest - values[${outputs.offset}u + begin + truth];
for (var i = 0u; i < ${size}u; i++) {
let probability = exp(values[${outputs.offset}u + begin + i] - highest) / total;
${put('begin + i', `(probability - select(0.0, 1.0, i == truth)) / f32(${RECORD_COUNT}) * slope(begin + i)`)}
}`
    : `let error = values[${outputs.offset}u + row] - ${target};
sum += error * error;
${put('row', `2.0 * error / f32(${RECORD_COUNT}) * slope(row)`)}`;
  return each(
    1,
    LOSS_SUMS,
    `var sum = 0.0;
for (var row = index; row < ${batch}u; row += ${LOSS_SUMS}u) {
if (row >= ${RECORD_COUNT}) {
for (var i = 0u; i < ${size}u; i++) { ${put(`row * ${size}u + i`, '0.0')} }
continue;
}
${one}
}
losses[index] += sum;`,
    slope(outputs),
  );
}
