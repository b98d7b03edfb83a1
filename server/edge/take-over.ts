// The federation that an edge runs for its devices is made, and changed, as the upper one has it.
import * as v from 'valibot';
import { canonicalText } from '#lib/core/canonical.ts';
import { FederationSpec, modelText } from '#lib/core/federation.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { mirrored, named, type Above, type EdgeRules } from './mirror.ts';

/** The edge cannot be: the message says what to do. */
export class EdgeRefused extends Error {
  override readonly name = 'EdgeRefused';
}

/** The federation for the devices here is as the upper one wants it, and runs. `upper` undefined: as it was. Rejects with EdgeRefused. */
export async function takeOver(
  coordinator: Coordinator,
  upper: FederationSpec | undefined,
  { above, rules }: { readonly above: Above; readonly rules: EdgeRules },
): Promise<void> {
  const id = above.federation;
  const own = coordinator.view(id);
  if (upper === undefined) {
    if (own !== undefined) return;
    throw new EdgeRefused(
      `No answer from ${above.url}. Start the edge when the upper server runs: it has to know what to ask its devices for.`,
    );
  }
  // By the schema, too: what flags make of it is read back at the next start.
  const read = v.safeParse(FederationSpec, mirrored(upper, rules, above));
  if (!read.success) {
    const [{ message }] = read.issues;
    const path = v.getDotPath(read.issues[0]) ?? 'its settings';
    throw new EdgeRefused(
      `The edge cannot ask its devices for that: ${path}: ${message}. Look at the flags.`,
    );
  }
  const spec = read.output;
  const done = <T>(
    outcome: { ok: true; value: T } | { ok: false; error: { message: string } } | undefined,
  ): T => {
    if (outcome?.ok === true) return outcome.value;
    throw new EdgeRefused(
      `The edge cannot ask its devices for that: ${outcome?.error.message ?? 'it is gone.'}`,
    );
  };
  if (own === undefined) {
    done(await coordinator.create(id, spec));
    done(await coordinator.act(id, 'start'));
    return;
  }
  if (modelText(own.spec) !== modelText(spec) || !isSame(own.spec.contract, spec.contract))
    throw new EdgeRefused(
      `${named(above)} has another model or data contract than the federation that is kept here. Give the edge another directory with --data.`,
    );
  const { version: _, ...brief } = own.spec.brief;
  // What it is for may change while a run is on; whoever takes part need not stop for that.
  if (isSame({ ...own.spec, brief: spec.brief }, spec)) {
    if (!isSame(brief, spec.brief))
      done(await coordinator.changeQuestion(id, { brief: spec.brief, gates: [] }));
  } else {
    if (own.state === 'running' || own.state === 'paused') done(await coordinator.act(id, 'finish'));
    done(await coordinator.change(id, spec));
  }
  const { state } = coordinator.view(id) ?? own;
  if (state === 'draft' || state === 'finished') done(await coordinator.act(id, 'start'));
}

const isSame = (one: unknown, other: unknown): boolean => textOf(one) === textOf(other);
/** Through JSON, which leaves out what is undefined. */
const textOf = (value: unknown): string =>
  canonicalText(JSON.parse(JSON.stringify(value)) as Parameters<typeof canonicalText>[0]);
