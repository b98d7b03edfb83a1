// A chosen model.json becomes the network of a draft, in this browser; refusals name the file and the layer.
import { readTopology as readModelJson } from '#lib/core/model/keras.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import type { Draft } from './console-draft.ts';

/** A topology is text about layers; what is larger holds weights, which are not read. */
const MOST_BYTES = 8 * 1024 * 1024;

export async function readTopology(file: File): Promise<Result<NonNullable<Draft['imported']>, string>> {
  if (file.size > MOST_BYTES)
    return fail(
      `“${file.name}” has ${Math.round(file.size / 1e6)} MB. A topology is far smaller: choose the model.json, not the weights beside it.`,
    );
  let text: string;
  try {
    text = await file.text();
  } catch {
    return fail(
      `“${file.name}” could not be read. It may have been moved or changed since it was chosen: choose it again.`,
    );
  }
  const read = readModelJson(text);
  if (!read.ok) return fail(`“${file.name}”: ${read.error.message}`);
  const { spec, layers } = read.value;
  return ok({
    fileName: file.name,
    network: spec,
    notes: [
      `${layers.length} layers; input ${spec.inputShape.join(' × ')}, ${read.value.outputSize} outputs, ${spec.loss.replaceAll('-', ' ')}.`,
    ],
  });
}
