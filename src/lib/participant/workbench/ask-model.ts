// What a saved model says of encoded examples. A network, and one that another model sees by, is asked on the engine of its run: pictures
// and windows are too many for plain loops, and the answers are those of the run.
import { unfolded } from '../../core/learners/terms-as-columns.ts';
import type { Engine } from '../engine.ts';
import { askedOnEngine } from './ask-network.ts';
import { saidOfSeen } from './embedded-rows.ts';
import { predictorOfSeen, type OpenedModel } from './model-file.ts';
import { planOf, takesNumbers } from './models.ts';

/** [count, outputs]. Rejects with the signal's reason. */
export async function askModel(
  { chosen, contract, predictor }: OpenedModel,
  openEngine: () => Engine,
  features: Uint8Array | Float32Array,
  count: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { model, options } = chosen;
  if (takesNumbers(model) && model.embedding !== undefined) {
    const says = predictorOfSeen(model, model.embedding, options, contract, predictor.learnt);
    if (says === undefined) throw new Error('What was learnt does not fit what the network sees.');
    return saidOfSeen(model.embedding, { features, count }, { openEngine, signal }, (seen, rows) =>
      says.predict(seen, rows),
    );
  }
  const [parameters] = predictor.learnt;
  if (unfolded(contract) !== undefined || model.type !== 'network' || !(parameters instanceof Float32Array))
    return predictor.predict(features, count);
  const network = model.network(contract, options);
  // Of the plan nothing counts where nothing is trained.
  const trained = { network, plan: planOf(options, 0), parameters: Float32Array.from(parameters) };
  const engine = openEngine();
  try {
    return await askedOnEngine(engine, trained, features, count, signal);
  } finally {
    engine.dispose();
  }
}
