// What gradients say of a network of the workbench: refused in a sentence for models that have none.
import { gradCam, type PictureHeat } from '../../core/explanation/grad-cam.ts';
import { integratedGradients, type PathAttribution } from '../../core/explanation/integrated-gradients.ts';
import { unfolded } from '../../core/learners/terms-as-columns.ts';
import type { Network } from '../../core/model/network.ts';
import type { Numbers } from '../../core/model/reference/numbers.ts';
import { outputGradient } from '../../core/model/reference/output-gradient.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { OpenedModel } from './model-file.ts';

type Model = Pick<OpenedModel, 'chosen' | 'contract' | 'predictor'>;

function networkOf({
  chosen: { model, options },
  contract,
  predictor,
}: Model): Result<{ readonly network: Network; readonly parameters: Float32Array }, string> {
  const [parameters] = predictor.learnt;
  if (unfolded(contract) !== undefined)
    return fail(
      'Integrated gradients are of numbers and categories, and these rows hold texts. Ask in another way.',
    );
  return model.type === 'network' && parameters instanceof Float32Array
    ? ok({ network: model.network(contract, options), parameters })
    : fail(
        `${model.title} has no gradients: integrated gradients and Grad-CAM are of networks. Ask in another way.`,
      );
}

const sloped =
  (network: Network, parameters: Numbers, output: number) =>
  (points: Float64Array<ArrayBuffer>, count: number) =>
    outputGradient(
      network,
      parameters,
      parameters instanceof Float64Array ? points : Float32Array.from(points),
      count,
      { output, as: 'share' },
    );

/** `row` and `baseline` [F] of a table; of the share of a class, or of the encoded number. */
export function rowPath(
  model: Model,
  row: Float32Array,
  baseline: Float32Array,
  output: number,
): Result<PathAttribution, string> {
  const found = networkOf(model);
  if (!found.ok) return found;
  const { network, parameters } = found.value;
  return ok(integratedGradients(sloped(network, Float64Array.from(parameters), output), row, baseline));
}

/** `pixels` [H, W, C], 0–1; from a black picture. In f32 and few steps: a picture is thousands of numbers. */
export function picturePath(
  model: Model,
  pixels: Float32Array,
  output: number,
): Result<PathAttribution, string> {
  const found = networkOf(model);
  if (!found.ok) return found;
  const { network, parameters } = found.value;
  const options = { tolerance: 0.01, fewestSteps: 16, mostSteps: 64, atOnce: 8 };
  const black = new Float32Array(pixels.length);
  return ok(integratedGradients(sloped(network, parameters, output), pixels, black, options));
}

export function pictureHeat(model: Model, pixels: Float32Array, output: number): Result<PictureHeat, string> {
  const found = networkOf(model);
  if (!found.ok) return found;
  const heat = gradCam(found.value.network, found.value.parameters, pixels, output);
  return heat === undefined
    ? fail('This network has no convolution: Grad-CAM looks at the last one. Ask in another way.')
    : ok(heat);
}
