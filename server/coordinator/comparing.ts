// Updates for a strategy that compares them: each is decoded into a spooled file as it arrives, and when the round closes the
// strategy passes over all of them, block by block, in the order of their participants' ids: the order of arrival is forgotten.
// Where it measures updates against the root's, that comes first: of several roots their mean by rows, which is what one device
// with the rows of them all would stand for in federated averaging.
import { bytesOf } from '#lib/core/digest.ts';
import type { IndividualStrategy } from '#lib/core/aggregation/strategy.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { fail } from '#lib/core/result.ts';
import type { Report } from '#lib/core/round/round-state.ts';
import type { BlobDraft, Blobs } from '../ports/blobs.ts';
import {
  CHUNK_BYTES,
  decodeUpdate,
  factsOf,
  scratchFor,
  type AggregationPlan,
  type Collecting,
} from './stored-updates.ts';

/** Values of one update in memory at a time: 64 KB each, 6.5 MB for a hundred. Fixed, so that the bytes made are too. */
export const BLOCK_VALUES = 16 * 1024;

interface Spooled {
  readonly report: Report;
  readonly draft: BlobDraft;
}

export function comparing(blobs: Blobs, plan: AggregationPlan<IndividualStrategy>): Collecting {
  const { strategy, setting, roots = [] } = plan;
  const isRoot = ({ report }: Spooled): boolean => roots.includes(report.participant);
  const spooled = new Map<ParticipantId, Spooled>();
  const length = strategy.updateLength(setting.parameterCount);
  const scratch = scratchFor(4 * length);

  async function spool(report: Report, verify: boolean): Promise<BlobDraft> {
    const draft = await blobs.draft();
    try {
      // Decoding hands values on in one go; the disk takes them in pieces of a fixed size.
      const values = new Float32Array(length);
      await decodeUpdate(blobs, plan, report, verify, scratch, (offset, part) => values.set(part, offset));
      const bytes = bytesOf(values);
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
        await draft.append(bytes.subarray(at, at + CHUNK_BYTES));
      return draft;
    } catch (error) {
      await draft.discard();
      throw error;
    }
  }

  return {
    async add(report, verify) {
      if (spooled.has(report.participant)) return;
      spooled.set(report.participant, { report, draft: await spool(report, verify) });
    },
    async finish(base) {
      const arrived = [...spooled.values()].sort((a, b) =>
        a.report.participant < b.report.participant ? -1 : 1,
      );
      if (arrived.length === 0) return fail({ kind: 'no-updates' });
      const trusted = strategy.needsRoot ? arrived.filter(isRoot) : [];
      if (strategy.needsRoot && trusted.length === 0) return fail({ kind: 'no-root' });
      const updates = [...trusted, ...arrived.filter((one) => !trusted.includes(one))];
      // The mean of the roots takes the place of the last of them, whose facts stand for it: no rule reads a root's.
      const joined = Math.max(0, trusted.length - 1);
      const started = strategy.start(
        updates.slice(joined).map((one) => factsOf(one.report)),
        setting,
      );
      if (!started.ok) return started;
      const rule = started.value;
      const windows = updates.map(() => new Float32Array(Math.min(BLOCK_VALUES, length)));
      for (let pass = rule.next(); pass !== undefined; pass = rule.next())
        for (let offset = 0; offset < length; offset += BLOCK_VALUES) {
          const count = Math.min(BLOCK_VALUES, length - offset);
          const values = windows.map((window) => window.subarray(0, count));
          for (const [index, { draft }] of updates.entries())
            await draft.readAt(4 * offset, bytesOf(values[index]!));
          if (joined > 0) meanIntoLast(values.slice(0, joined + 1), trusted);
          pass({ offset, values: values.slice(joined) });
        }
      const delta = rule.delta();
      if (!delta.ok) return delta;
      return strategy.finish(delta.value, base.master, base.state, setting);
    },
    async close() {
      for (const { draft } of spooled.values()) await draft.discard();
      spooled.clear();
    },
  };
}

/** values[last][i] = Σ n_k · values[k][i] / Σ n_k */
function meanIntoLast(values: readonly Float32Array[], of: readonly Spooled[]): void {
  const last = values.at(-1)!;
  const total = of.reduce((sum, { report }) => sum + report.examples, 0);
  for (let i = 0; i < last.length; i += 1) {
    let sum = 0;
    for (const [k, one] of values.entries()) sum += of[k]!.report.examples * one[i]!;
    last[i] = sum / total;
  }
}
