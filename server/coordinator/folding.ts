// Folds updates into the exact sum of a sum strategy as they arrive, in chunks through one fixed buffer.
import { setImmediate } from 'node:timers/promises';
import { addChunk, endUpdate, fixedPointSum } from '#lib/core/aggregation/fixed-point-sum.ts';
import type { SumStrategy } from '#lib/core/aggregation/strategy.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { addCentralNoise } from '#lib/core/privacy/central.ts';
import type { Blobs } from '../ports/blobs.ts';
import {
  decodeUpdate,
  factsOf,
  scratchFor,
  type AggregationPlan,
  type Collecting,
} from './stored-updates.ts';

export function folding(blobs: Blobs, plan: AggregationPlan<SumStrategy>): Collecting {
  const { strategy, setting, quantum } = plan;
  const length = strategy.updateLength(setting.parameterCount);
  const sum = fixedPointSum(length, quantum);
  const scratch = scratchFor(4 * length);
  const folded = new Set<ParticipantId>();
  return {
    async add(report, verify) {
      if (folded.has(report.participant)) return;
      const { scale, weight, scalars } = strategy.weigh(factsOf(report), setting);
      await decodeUpdate(blobs, plan, report, verify, scratch, (offset, values) =>
        addChunk(sum, offset, values, weight, scale),
      );
      endUpdate(sum, weight, scalars);
      folded.add(report.participant);
    },
    async finish(base) {
      if (plan.noise !== undefined)
        await addCentralNoise(sum, plan.noise, plan.noise.expected, plan.noise.draw, setImmediate);
      return strategy.finish(sum, base.master, base.state, setting);
    },
    async close() {},
  };
}
