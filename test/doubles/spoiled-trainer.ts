// A trainer whose loss becomes no number at a step, and at each after it.
import { createReferenceTrainer } from '#lib/adapters/reference/reference-trainer.ts';
import type { Trainer } from '#lib/ports/trainer.ts';

/** The reference, but that the loss of a step is no number once `from` steps were taken. */
export function spoiled(from: number): Trainer {
  const reference = createReferenceTrainer();
  return {
    ...reference,
    async open(network, plan) {
      const session = await reference.open(network, plan);
      let steps = 0;
      return {
        ...session,
        async setState(state, anchor) {
          steps = state.steps;
          await session.setState(state, anchor);
        },
        async step(indices) {
          steps += 1;
          await session.step(indices);
        },
        takeLoss: async () => (steps >= from ? (await session.takeLoss(), NaN) : session.takeLoss()),
      };
    },
  };
}
