// What a federation's parts must agree on, beyond what each part's own schema says. Paths are those of the form.
import { classLabels, exampleShape, targetSize } from '#lib/core/data/contract.ts';
import { checkStrategy, normalisationIssues } from '#lib/core/aggregation/check-strategy.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { sharedLength } from '#lib/core/model/own-part.ts';
import { metrics } from '#lib/core/metrics/figures.ts';
import { buildNetwork, type Network } from '#lib/core/model/network.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';

export interface FormIssue {
  readonly path: string;
  readonly message: string;
}

/** The network that the spec describes, or every disagreement. */
export function checkSpec(spec: FederationSpec): Result<Network, readonly FormIssue[]> {
  const issues: FormIssue[] = [];
  const shape = exampleShape(spec.contract);
  const size = targetSize(spec.contract);
  const ofClasses = classLabels(spec.contract) !== undefined;

  const built = buildNetwork(spec.network);
  if (!built.ok)
    issues.push({ path: `spec.network.layers.${built.error.layer}`, message: built.error.message });
  if (shape.join() !== spec.network.inputShape.join())
    issues.push({
      path: 'spec.network.inputShape',
      message: `The data contract makes examples of shape [${shape.join(', ')}], but the model takes [${spec.network.inputShape.join(', ')}].`,
    });
  if (built.ok && built.value.outputSize !== size)
    issues.push({
      path: `spec.network.layers.${spec.network.layers.length - 1}`,
      message: `The data contract has ${size} ${ofClasses ? 'classes' : 'target'}, but the model has ${built.value.outputSize} outputs.`,
    });
  const loss = ofClasses ? 'categorical-crossentropy' : 'mean-squared-error';
  if (spec.network.loss !== loss)
    issues.push({ path: 'spec.network.loss', message: `A target of this kind is learnt by ${loss}.` });
  const { of, title } = metrics[spec.metric.name];
  if (of !== 'both' && (of === 'classes') !== ofClasses)
    issues.push({
      path: 'spec.metric.name',
      message: `${title} measures ${of === 'classes' ? 'classes' : 'numbers'}, but the target is ${ofClasses ? 'classes' : 'a number'}.`,
    });
  const { personalisation } = spec;
  if (
    built.ok &&
    personalisation.type === 'fedper' &&
    sharedLength(built.value, personalisation.layers) === 0
  ) {
    const trained = built.value.layers.filter((layer) => layer.kernel !== undefined).length;
    issues.push({
      path: 'spec.personalisation.layers',
      message:
        trained === 1
          ? 'The model has one layer with parameters: were it each device’s own, nothing would be shared. Choose a deeper model, or another way to personalise.'
          : `The model has ${trained} layers with parameters, and at least one must be shared. Choose ${trained === 2 ? '1' : `from 1 to ${trained - 1}`}.`,
    });
  }
  const ofStrategy = [...checkStrategy(spec), ...(built.ok ? normalisationIssues(built.value, spec) : [])];
  issues.push(...ofStrategy.map(({ path, message }) => ({ path: `spec.${path}`, message })));
  return built.ok && issues.length === 0 ? ok(built.value) : fail(issues);
}
