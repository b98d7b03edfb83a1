// What lives as long as the visit, whichever page is shown: made by whoever needs it first, so that pages which need none of
// it load none of it. Training goes on while one moves between pages.
import { createContext } from 'svelte';
import type { DatasetsState } from './datasets.svelte.ts';
import type { DeviceState } from './device-state.svelte.ts';
import type { RecordsState } from './records.svelte.ts';

export class Visit {
  device = $state.raw<DeviceState | undefined>();
  datasets = $state.raw<DatasetsState | undefined>();
  records = $state.raw<RecordsState | undefined>();
}

export const [visit, provideVisit] = createContext<Visit>();
