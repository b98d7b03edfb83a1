// What a survey leads a coordinator to: a draft that is changed, or another federation with the same settings but for that.
import type { FederationSpec } from '#lib/core/federation.ts';
import type { ConsoleApi } from './console-api.ts';
import type { ConsoleLive } from './console-live.svelte.ts';

/** The refusal, in a sentence; null: it was taken. `onchanged`: the draft was; `onmade`: another federation was made. */
export async function takeSpec(
  api: ConsoleApi,
  live: ConsoleLive,
  spec: FederationSpec,
  { onchanged, onmade }: { readonly onchanged: () => void; readonly onmade: (id: string) => void },
): Promise<string | null> {
  const isDraft = live.view.state === 'draft';
  const sent = isDraft ? await api.change(live.view.id, spec) : await api.create(null, spec);
  if (!sent.ok) return sent.error.message;
  if (isDraft) {
    live.accept(sent.value);
    onchanged();
  } else onmade(sent.value.id);
  return null;
}
