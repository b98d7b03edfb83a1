// Models that may pre-label a dataset: versions of the federation that it was read for, and models trained on this device. They are asked
// where the rows lie; of a version that is not on this device its parameters are fetched, and nothing is sent.
import { classLabels } from '../core/data/contract.ts';
import { sameContract } from '../participant/own-rows.ts';
import type { DatasetRecord } from '../ports/dataset-store.ts';
import type { LocalModel } from '../ports/participant-store.ts';
import type { DeviceState } from './device-state.svelte.ts';
import { areVersions, isFederation } from './federation-answers.ts';
import type { LabellingPage } from './labelling.svelte.ts';
import { askedOf, localChoice, versionChoice, type ModelChoice } from './model-choice.ts';

/** The server's answer to a GET under /api, or undefined where it is not to be had. */
export type AskServer = (path: string) => Promise<unknown>;

export const askOwnServer: AskServer = async (path) => {
  try {
    const response = await fetch(path);
    return response.ok ? ((await response.json()) as unknown) : undefined;
  } catch (error) {
    // Offline, or a proxy's page: there are still the models of this device.
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Newest versions first, then the models trained here for the same dataset or federation. */
export async function labellingModels(
  record: DatasetRecord,
  models: readonly LocalModel[],
  ask: AskServer,
): Promise<readonly ModelChoice[]> {
  const classes = classLabels(record.contract)?.length;
  const own = models
    .filter(
      ({ dataset, federation }) =>
        dataset === record.id || (federation !== null && federation === record.federation),
    )
    .flatMap((model) => localChoice(model) ?? []);
  if (record.federation === null || classes === undefined) return own;
  const path = `/api/federations/${record.federation}`;
  const [view, versions] = await Promise.all([ask(path), ask(`${path}/versions`)]);
  if (!isFederation(view) || !areVersions(versions) || !sameContract(view.spec.contract, record.contract))
    return own;
  const { spec, live } = view;
  // What a cluster is called nobody knows.
  if (spec.family === 'k-means') return own;
  return [...versions.toReversed().map((version) => versionChoice(version, spec, live)), ...own];
}

/** Rows that a model is asked about at once. */
const AT_ONCE = 250;

/** Asks a model of one's own or of everybody about what is queued; its word counts from the next queue on. Rejects as the device worker does. */
export async function preLabel(
  page: LabellingPage,
  device: Pick<DeviceState, 'ask'>,
  choice: ModelChoice,
): Promise<void> {
  const rows = Uint32Array.from(page.line?.places.slice(page.line.at) ?? [], (place) => place.row);
  const classes = page.classes.length;
  const shares = new Float32Array(rows.length * classes);
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE);
    const answer = await page.ask({ type: 'features', rows: some });
    if (answer?.type !== 'features') throw new Error('The worker answered another question.');
    const said = await device.ask('predict', {
      ...askedOf(choice),
      features: answer.features,
      count: some.length,
      ...(answer.texts === undefined ? {} : { texts: answer.texts }),
    });
    if (said.length !== some.length * classes)
      throw new Error(
        `This model tells ${said.length / some.length} classes apart, and the dataset has ${classes}. Choose another.`,
      );
    shares.set(said, from * classes);
  }
  page.guide = { type: 'given', rows, shares };
}
