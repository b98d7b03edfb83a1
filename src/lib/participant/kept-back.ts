// An update of rows that may not be read any more: it goes, with what is left of earlier ones, and stands among the refusals. Loaded
// when there is one; it imports nothing, so that the worker needs no further file before that.
import type { OutboxEntry } from '../ports/participant-store.ts';
import type { Controls } from './controls.ts';
import type { Ground } from './ground.ts';

/** `residual`: where what the codec could not send of earlier updates lies. Gives what the server is told. */
export async function keepBack(
  ground: Ground,
  controls: Controls,
  { round, rows }: OutboxEntry,
  residual: string,
): Promise<string> {
  const { federation, store, datasets, clock } = ground.options;
  const id = rows?.dataset ?? ground.standing.joined?.dataset ?? '';
  const isThere = (await datasets.record(id)) !== undefined;
  const since = (await datasets.withheld(id)).filter((name) => rows?.withheld.includes(name) !== true);
  const why = isThere
    ? `you have withheld ${since.map((name) => `“${name}”`).join(', ')} since it was trained`
    : 'its data was erased after it was trained on';
  const message = `The update of round ${round} was not sent, and is deleted: ${why}.`;
  await store.outbox.remove(federation, round);
  await store.vectors.remove(residual);
  await ground.kept(store.receipts.putRefusal({ federation, round, message, at: clock.now() }));
  await controls.ended(round, false);
  ground.happened(message);
  return 'Its rows may not be read any more.';
}
