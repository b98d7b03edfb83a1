// Pictures and recordings in a plane by what a network sees in them: in the workbench worker, which has the engines and the kept runs.
// Loaded with the first such question.
import { exampleShape, isPlane, type DataContract } from '../core/data/contract.ts';
import { selectRows } from '../core/data/examples.ts';
import { canBeSeenBy, embeddingOf, unseen } from '../core/model/embedding.ts';
import { layerWords } from '../core/model/layer-words.ts';
import { buildNetwork, type Network } from '../core/model/network.ts';
import { openDataset } from '../modalities/explore-dataset.ts';
import { projectEmbedded, shownOf } from '../modalities/project-dataset.ts';
import { embeddedRows } from '../participant/workbench/embedded-rows.ts';
import { readModelFile } from '../participant/workbench/model-file.ts';
import { benchModelNamed, OWN_LAYERS } from '../participant/workbench/models.ts';
import { nameOf, sourceOfRecord } from '../participant/workbench/run-figures.ts';
import type { RunManifest, TrainSetup } from '../participant/workbench/run-manifest.ts';
import type { RunRecord, RunStore } from '../participant/workbench/run-record.ts';
import { stepThrough } from '../participant/workbench/step-through.ts';
import { Unusable } from './bench-data-opened.ts';
import { tabEngine } from './bench-engines.ts';
import type { BenchDependencies } from './bench.ts';
import type { KeptNetwork, PlaneByNetwork, PlaneRequest } from './bench-messages.ts';
import { foundNetwork } from './found-network.ts';
import { QuestionRefused } from './question-refused.ts';

type Dependencies = Pick<BenchDependencies, 'datasets' | 'runs' | 'createTrainer' | 'clock'>;

/** Of all the way; the rest is laying out. */
const SEEING = 0.7;

/** The finished runs of this browser whose network takes such examples and sees something in them. The newest first. */
export async function networksFor(
  dataset: string,
  dependencies: Pick<Dependencies, 'datasets' | 'runs'>,
): Promise<readonly KeptNetwork[]> {
  const store = await dependencies.datasets();
  const contract = (await store.record(dataset))?.contract;
  if (contract === undefined || !isPlane(contract)) return [];
  const taken = exampleShape(contract).join();
  const found: KeptNetwork[] = [];
  const runs = await dependencies.runs();
  for (const { record } of await runs.list()) {
    const finished = networkFinished(record);
    if (finished === undefined) continue;
    // A network outlives the rows that it was trained on: its file tells what they were.
    const own = (await store.record(record.dataset.id))?.contract ?? (await contractInFile(record, runs));
    if (own?.kind !== contract.kind || exampleShape(own).join() !== taken) continue;
    const network = networkOf(finished, record.manifest.setup, own);
    if (network === undefined || !canBeSeenBy(network)) continue;
    const title = nameOf(sourceOfRecord(record));
    found.push({ run: record.id, title, dataset: record.dataset.name, startedAt: record.startedAt });
  }
  return found;
}

type Finished = NonNullable<RunManifest['finished']>;

/** Of a run of pictures or recordings that ended with a network. */
function networkFinished({ manifest: { finished, setup }, outcome }: RunRecord): Finished | undefined {
  if (outcome.type !== 'finished' || finished === null || setup.target !== null) return undefined;
  return finished.model === OWN_LAYERS || benchModelNamed(finished.model)?.type === 'network'
    ? finished
    : undefined;
}

async function contractInFile(
  { id }: RunRecord,
  runs: Pick<RunStore, 'model'>,
): Promise<DataContract | undefined> {
  const file = await runs.model(id);
  const opened = file && readModelFile(new TextDecoder().decode(file));
  return opened?.ok === true ? opened.value.contract : undefined;
}

/** undefined where it is none of this contract. */
function networkOf(
  { model: name, options }: Finished,
  { layers }: TrainSetup,
  contract: DataContract,
): Network | undefined {
  if (name === OWN_LAYERS) {
    const built = layers === null ? undefined : buildNetwork(layers);
    return built?.ok === true ? built.value : undefined;
  }
  const model = benchModelNamed(name);
  if (model?.type !== 'network' || model.unsuited(contract, options) !== undefined) return undefined;
  return model.network(contract, options);
}

/** Rejects with Unusable, QuestionRefused, with the signal's reason, and with what the stores reject with. */
export async function planeByNetwork(
  { dataset, method, by }: Pick<PlaneRequest, 'dataset' | 'method' | 'by'>,
  dependencies: Dependencies,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<PlaneByNetwork> {
  const store = await dependencies.datasets();
  const [record, examples] = await Promise.all([store.record(dataset), store.read(dataset)]);
  if (record === undefined || examples === undefined)
    throw new QuestionRefused('no-dataset', 'This dataset is not in this browser any more.');
  const { contract } = record;
  const { network, frozen } = await foundNetwork(by, await dependencies.runs());
  const embedding = embeddingOf(network, frozen);
  if (!embedding.ok) throw new Unusable(embedding.error);
  const blind = unseen(embedding.value, contract);
  if (blind !== undefined) throw new Unusable(`This network cannot be asked: ${blind}`);
  const rows = shownOf(examples, method);
  const { clock, createTrainer } = dependencies;
  const seen = await embeddedRows(
    embedding.value,
    selectRows(examples, rows),
    { openEngine: () => tabEngine(createTrainer), clock, signal },
    (share) => onProgress(share * SEEING),
  );
  const opened = openDataset(contract, examples);
  const made = await stepThrough(projectEmbedded(opened, rows, seen, method), { clock, signal }, (share) =>
    onProgress(SEEING + share * (1 - SEEING)),
  );
  if (!made.ok) throw new Unusable(made.error);
  const last = network.layers[frozen.layers - 1];
  return {
    projection: made.value,
    layer: frozen.layers,
    words: last === undefined ? '' : layerWords(last.spec),
    width: embedding.value.width,
  };
}
