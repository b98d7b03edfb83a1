// MLflow's REST of this server: `MLFLOW_TRACKING_URI=https://server MLFLOW_TRACKING_TOKEN=tributary_…` is all that a program needs. What
// each address needs stands in http/api.ts, as for every other; what there is none of (logged models, traces, prompts) is not found,
// as of an older server, which its clients take.
import { join } from 'node:path';
import { sqliteTracking } from '../adapters/sqlite/tracking.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Clock } from '../ports/clock.ts';
import type { TrackingStore } from '../ports/tracking.ts';
import { openArtifacts, usualArtifactLimits, type ArtifactLimits, type Artifacts } from './artifacts.ts';
import { registryRoutes } from './registry-routes.ts';
import { trackingRoutes, type MlflowHandle } from './tracking-routes.ts';

export interface Mlflow {
  /** By method and address below /api/2.0/mlflow/: "POST runs/create". */
  readonly routes: Readonly<Record<string, MlflowHandle>>;
  readonly artifacts: Artifacts;
  close(): void;
}

/** In `directory`: tracking.sqlite, and tracked/ for artifacts. */
export async function openMlflow(
  directory: string,
  coordinator: Coordinator,
  clock: Pick<Clock, 'now'>,
  limits: ArtifactLimits = usualArtifactLimits,
  store: TrackingStore = sqliteTracking(join(directory, 'tracking.sqlite')),
): Promise<Mlflow> {
  const artifacts = await openArtifacts(join(directory, 'tracked'), store, limits);
  return {
    routes: {
      ...trackingRoutes(store, clock, artifacts.purgeOldest),
      ...registryRoutes(coordinator),
      'GET artifacts/list': artifacts.listOfRun,
    },
    artifacts,
    close: () => store.close(),
  };
}
