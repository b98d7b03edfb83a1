// `tributary train --mlflow`: the run told to a tracking server, as a run of a tab is (participant/workbench/send-run.ts).
import { setTimeout as pause } from 'node:timers/promises';
import {
  checkTracking,
  sendRun,
  type SendProblem,
  type SentRun,
  type TrackingServer,
} from '#lib/participant/workbench/send-run.ts';
import type { Result } from '#lib/core/result.ts';
import { experimentOfData, exportedTraining, type EndedTraining } from './export-run.ts';
import { UnusableTraining } from './unusable.ts';

export interface TrackWish {
  readonly server: TrackingServer;
  /** undefined: the name of the data's file. */
  readonly experiment: string | undefined;
  /** Before each further try, where the server is not to be reached or overrun. */
  readonly pausesMs?: readonly number[];
}

/** Of one request, its answer included: a server that hangs is taken for one that is away. */
const ANSWER_MS = 30_000;

/**
 * From the variables that MLflow's own clients read (mlflow.org/docs/latest/api_reference/python_api/mlflow.environment_variables.html).
 * Throws UnusableTraining.
 */
export function trackWish(
  /** true: where the environment says. */
  given: string | true,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TrackWish {
  const value = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const wanted = given === true ? value('MLFLOW_TRACKING_URI') : given;
  if (wanted === undefined)
    throw new UnusableTraining('--mlflow: give an address with it, or set MLFLOW_TRACKING_URI to one.');
  const url = URL.canParse(wanted) ? new URL(wanted) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UnusableTraining(
      `--mlflow ${wanted}: the address of a server was expected, as https://mlflow.example. For a folder, use --export mlflow.`,
    );
  const token = value('MLFLOW_TRACKING_TOKEN');
  const user = value('MLFLOW_TRACKING_USERNAME');
  if (url.username !== '' || url.password !== '')
    throw new UnusableTraining(
      '--mlflow: a name and a password stand in the address, where every process of this machine can read them. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.',
    );
  const basic = `${user ?? ''}:${value('MLFLOW_TRACKING_PASSWORD') ?? ''}`;
  const authorization =
    token !== undefined
      ? `Bearer ${token}`
      : user !== undefined
        ? `Basic ${Buffer.from(basic).toString('base64')}`
        : undefined;
  return {
    server: {
      address: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
      headers: authorization === undefined ? {} : { authorization },
      fetch: (address, request) =>
        fetch(address, {
          ...request,
          signal: AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_MS)]),
        }),
    },
    experiment: value('MLFLOW_EXPERIMENT_NAME'),
  };
}

/** Before the rows are read: that nobody may send there is not found out after hours. Rejects with UnusableTraining. */
export async function checkTracked(
  wish: TrackWish,
  data: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const found = await patiently(wish, signal, () =>
    checkTracking(wish.server, experimentOf(wish, data), signal),
  );
  if (!found.ok) throw new UnusableTraining(`--mlflow: ${found.error.message}`);
}

export const trackRun = (
  wish: TrackWish,
  ended: EndedTraining,
  signal: AbortSignal,
): Promise<Result<SentRun, SendProblem>> => {
  const experiment = experimentOf(wish, ended.manifest.setup.data);
  return patiently(wish, signal, () => sendRun(exportedTraining(ended), wish.server, { experiment, signal }));
};

const experimentOf = ({ experiment }: TrackWish, data: readonly string[]): string =>
  experiment ?? experimentOfData(data);

async function patiently<T>(
  { pausesMs = [1000, 5000, 20_000] }: TrackWish,
  signal: AbortSignal,
  attempt: () => Promise<Result<T, SendProblem>>,
): Promise<Result<T, SendProblem>> {
  for (const ms of pausesMs) {
    const done = await attempt();
    if (done.ok || (done.error.kind !== 'offline' && done.error.kind !== 'busy')) return done;
    await pause(ms, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
  return attempt();
}
