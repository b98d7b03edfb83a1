// What the workbench worker says of a run beyond its figures: the rows that the model was judged on are read again, it is asked what it
// says of them, and further questions about the same run are answered from that. Loaded with the first.
import { askModel } from '../participant/workbench/ask-model.ts';
import type { Examined } from '../participant/workbench/examine/examined.ts';
import { lookAt, type Looked } from '../participant/workbench/examine/look.ts';
import { readModelFile } from '../participant/workbench/model-file.ts';
import { askedAsRun, OTHER_ROWS, Unusable, withoutFlags, type DataOpener } from './bench-data-opened.ts';
import type { LookRequest } from './bench-messages.ts';
import { tabEngine } from './bench-engines.ts';
import { GONE, type RunDependencies } from './bench-runs.ts';

/** Rejects with Unusable, with the signal's reason, and with what the stores reject with. */
export type Looking = (request: Pick<LookRequest, 'run' | 'look'>, signal: AbortSignal) => Promise<Looked>;

export function looking(opener: DataOpener, dependencies: RunDependencies): Looking {
  const { clock, createTrainer } = dependencies;
  let kept: { readonly run: string; readonly examined: Examined } | undefined;

  async function examinedOf(run: string): Promise<Examined> {
    const store = await dependencies.runs();
    const record = (await store.read(run))?.record;
    if (record === undefined) throw new Unusable(GONE);
    const { dataset, manifest } = record;
    const { seed, balance } = manifest.setup;
    const asked = askedAsRun(manifest, manifest.finished?.recipe ?? manifest.setup.recipe);
    const opened = await opener.open(dataset.id, asked, dataset.state);
    if (opened.dataset.version !== dataset.version) throw new Unusable(OTHER_ROWS);
    const { data, isInUse } = opened;
    if (kept?.run === run && kept.examined.data === data) return { ...kept.examined, isInUse };
    const file = await store.model(run);
    if (file === undefined) throw new Unusable('This run has no model.');
    const read = readModelFile(new TextDecoder().decode(file));
    if (!read.ok) throw new Unusable(read.error);
    const predict: Examined['predict'] = (features, count) =>
      askModel(read.value, () => tabEngine(createTrainer), features, count);
    const outputs = await predict(data.heldOut.features, data.heldOut.count);
    kept = { run, examined: { data, model: read.value, outputs, seed, balance, predict, isInUse } };
    return kept.examined;
  }

  return async ({ run, look }, signal) => {
    const examined = await examinedOf(run);
    signal.throwIfAborted();
    const surroundings = { clock, signal, openEngine: async () => tabEngine(createTrainer) };
    const looked = await lookAt(examined, look, surroundings);
    if (!looked.ok) throw new Unusable(withoutFlags(looked.error));
    return looked.value;
  };
}
