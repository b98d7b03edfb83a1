// What a federation's parts must agree on, beyond what each part's own schema says. Paths are those of the form.
import { checkAugmentation } from '#lib/core/augmentation-settings.ts';
import { classLabels, exampleShape, targetSize } from '#lib/core/data/contract.ts';
import { ruleIssues } from '#lib/core/data/check-rules.ts';
import { checkStrategy, normalisationIssues } from '#lib/core/aggregation/check-strategy.ts';
import { checkSums } from '#lib/core/aggregation/check-sums.ts';
import { federatedModel, tallyShapeOf, type FederatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec, NetworkFederation } from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import { checkGates } from '#lib/core/gates/check-gates.ts';
import { whyUnmeasured } from '#lib/core/gates/unmeasured.ts';
import { sharedLength, weighedLayers } from '#lib/core/model/own-part.ts';
import { checkPrivacy } from '#lib/core/privacy/check-privacy.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { measures } from '#lib/core/metrics/metric-name.ts';
import type { Network } from '#lib/core/model/network.ts';
import { checkRecipe } from '#lib/core/recipe/pinned.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { checkHeldOutDevices } from '#lib/core/round/check-held-out-devices.ts';
import { checkSecureSum } from '#lib/core/secure-sum/check-secure-sum.ts';
import { checkTuning } from '#lib/core/search/check-tuning.ts';
import { strategyNamed } from '#lib/core/aggregation/index.ts';
import { summedFamilyNamed } from '#lib/core/summed-models.ts';

export interface FormIssue {
  readonly path: string;
  readonly message: string;
}

/** The model that the spec describes, or every disagreement. */
export function checkSpec(spec: FederationSpec): Result<FederatedModel, readonly FormIssue[]> {
  const issues: FormIssue[] = [];
  const built = federatedModel(spec);
  if (!built.ok) issues.push({ path: `spec.${built.error.path}`, message: built.error.message });
  if ('network' in spec)
    issues.push(
      ...networkIssues(spec, built.ok && built.value.type === 'network' ? built.value.network : undefined),
    );
  for (const { path, message } of ruleIssues(spec.contract))
    issues.push({ path: `spec.contract.${path}`, message });
  const { title } = metrics[spec.metric.name];
  const shape = tallyShapeOf(spec);
  if (!measures(spec.metric.name, shape.type))
    issues.push({
      path: 'spec.metric.name',
      message: `${title} measures ${measured[metrics[spec.metric.name].of]}, but ${judged[shape.type]}.`,
    });
  const unmeasured = whyUnmeasured(spec.metric.name, spec);
  if (unmeasured !== undefined) issues.push({ path: 'spec.metric.name', message: unmeasured });
  const family = summedFamilyNamed(spec.family);
  const planned = family === undefined ? checkStrategy(spec) : checkSums(spec, family.title);
  const network = built.ok && built.value.type === 'network' ? built.value.network : undefined;
  const strategy = family === undefined ? strategyNamed(spec.strategy.name) : undefined;
  issues.push(
    ...[
      ...checkGates(spec, shape.type),
      ...planned,
      ...checkPrivacy(spec, family !== undefined, network),
      ...checkSecureSum(spec, strategy),
      ...checkHeldOutDevices(spec),
      ...checkTuning(spec, strategy, family?.title),
      ...checkAugmentation(spec),
      ...checkRecipe(spec, family?.title),
    ].map(({ path, message }) => ({ path: `spec.${path}`, message })),
  );
  return built.ok && issues.length === 0 ? ok(built.value) : fail(issues);
}

const measured = {
  classes: 'classes',
  number: 'numbers',
  both: 'classes or numbers',
  clusters: 'clusters',
} as const;
const judged = {
  classification: 'the target is classes',
  regression: 'the target is a number',
  clustering: 'the model finds clusters, whatever the target',
} as const;

/** `network`: undefined where it could not be built. */
function networkIssues(spec: NetworkFederation, network: Network | undefined): readonly FormIssue[] {
  const issues: FormIssue[] = [];
  const shape = exampleShape(modelContract(spec));
  const size = targetSize(spec.contract);
  const ofClasses = classLabels(spec.contract) !== undefined;
  if (shape.join() !== spec.network.inputShape.join())
    issues.push({
      path: 'spec.network.inputShape',
      message: `The ${spec.recipe === undefined ? 'data contract makes examples' : 'recipe makes rows'} of shape [${shape.join(', ')}], but the model takes [${spec.network.inputShape.join(', ')}].`,
    });
  if (network !== undefined && network.outputSize !== size)
    issues.push({
      path: `spec.network.layers.${spec.network.layers.length - 1}`,
      message: `The data contract has ${size} ${ofClasses ? 'classes' : 'target'}, but the model has ${network.outputSize} outputs.`,
    });
  const loss = ofClasses ? 'categorical-crossentropy' : 'mean-squared-error';
  if (spec.network.loss !== loss)
    issues.push({ path: 'spec.network.loss', message: `A target of this kind is learnt by ${loss}.` });
  const { personalisation } = spec;
  if (
    network !== undefined &&
    personalisation.type === 'fedper' &&
    sharedLength(network, personalisation.layers) === 0
  ) {
    const trained = weighedLayers(network).length;
    issues.push({
      path: 'spec.personalisation.layers',
      message:
        trained === 1
          ? 'The model has one layer with parameters: were it each device’s own, nothing would be shared. Choose a deeper model, or another way to personalise.'
          : `The model has ${trained} layers with parameters, and at least one must be shared. Choose ${trained === 2 ? '1' : `from 1 to ${trained - 1}`}.`,
    });
  }
  if (network !== undefined)
    for (const { path, message } of normalisationIssues(network, spec))
      issues.push({ path: `spec.${path}`, message });
  return issues;
}
