// A training session of which some calls go another way: sessions are objects of classes, which cannot be spread.
import type { TrainerSession } from '#lib/ports/trainer.ts';

export function sessionWith(
  session: TrainerSession,
  instead: (session: TrainerSession) => Partial<TrainerSession>,
): TrainerSession {
  const others = instead(session);
  return {
    setRows: (rows) => session.setRows(rows),
    setState: (state, anchor) => session.setState(state, anchor),
    setCorrection: (correction) => session.setCorrection(correction),
    step: (indices) => session.step(indices),
    takeLoss: () => session.takeLoss(),
    state: () => session.state(),
    evaluate: (rows, options) => session.evaluate(rows, options),
    predict: (features, count) => session.predict(features, count),
    memoryBytes: () => session.memoryBytes(),
    close: () => session.close(),
    ...others,
  };
}
