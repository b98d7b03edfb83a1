// Whether gates can be judged in a federation at all: one that no version could ever pass is refused when it is set.
import { classLabels } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';
import { metrics } from '../metrics/metric-list.ts';
import { measures } from '../metrics/metric-name.ts';
import { FASTEST_STEP, stepMs } from '../metrics/latency.ts';
import type { TallyShape } from '../metrics/tally-sums.ts';
import { isDrawn } from '../privacy/rules.ts';
import type { Gate } from './gate.ts';
import { needsEvaluation } from './judge-gates.ts';
import { sliceProblem } from './slices-asked.ts';
import { isSecret, whyUnmeasured } from './unmeasured.ts';

type Judged = Pick<FederationSpec, 'gates' | 'contract' | 'privacy' | 'secureSum' | 'statistics'>;

export function checkGates(
  spec: Judged,
  shape: TallyShape['type'],
): { readonly path: string; readonly message: string }[] {
  return (spec.gates ?? []).flatMap((gate, index) => {
    const message = problemOf(gate, spec, shape);
    return message === undefined ? [] : [{ path: `gates.${index}`, message }];
  });
}

function problemOf(gate: Gate, spec: Judged, shape: TallyShape['type']): string | undefined {
  if (gate.kind === 'quality' && !measures(gate.metric, shape))
    return `${metrics[gate.metric].title} is not measured of this target: no version could pass.`;
  const unsliced = sliceProblem(gate, spec);
  if (unsliced !== undefined) return unsliced;
  const unmeasured = gate.kind === 'quality' ? whyUnmeasured(gate.metric, spec) : undefined;
  if (unmeasured !== undefined) return `${unmeasured} No version could pass.`;
  if (gate.kind === 'class' && shape !== 'classification')
    return 'There are no classes here: no version could pass.';
  if (
    gate.kind === 'class' &&
    gate.label !== null &&
    classLabels(spec.contract)?.includes(gate.label) !== true
  )
    return `There is no class “${gate.label}” in the data contract.`;
  if ((gate.kind === 'device' || gate.kind === 'spread' || gate.kind === 'latency') && isSecret(spec))
    return 'Under privacy or a secure sum no device’s own figure is known: no version could pass.';
  if (gate.kind === 'latency' && gate.threshold < stepMs(FASTEST_STEP))
    return `Devices tell no time below ${stepMs(FASTEST_STEP)} ms: no version could pass.`;
  if (needsEvaluation(gate) && isSecret(spec) && spec.statistics?.type !== 'on')
    return 'Under privacy or a secure sum devices score versions in surveys alone: allow statistics, or no version could pass.';
  if (gate.kind === 'bytes' && isDrawn(spec.privacy))
    return 'Where devices are drawn in secret, what they send is not told: no version could pass.';
  return undefined;
}
