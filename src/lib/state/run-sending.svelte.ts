// Runs of this browser on their way to the tracking store of the server that the page comes from: what is sent, how far it has come, and
// that it was sent. The page itself sends: the workers that train have no way to the network.
import { digestOfRun, mlflowRun, MOST_VALUE } from '../core/run-export/mlflow-run.ts';
import { exportedRun } from '../participant/workbench/run-export.ts';
import { nameOf, sourceOfRecord } from '../participant/workbench/run-figures.ts';
import type { KeptRun, RunRecord } from '../participant/workbench/run-record.ts';
import {
  checkTracking,
  sendRun,
  type SendProblem,
  type SentFile,
  type TrackingServer,
} from '../participant/workbench/send-run.ts';
import { storageTrouble } from './datasets.svelte.ts';
import { bytes, count, counted, dateTime } from './format.ts';
import type { RunPorts } from './runs.svelte.ts';

export type SendingPhase =
  /** Whether the server knows who asks. */
  | { readonly type: 'asking' }
  | { readonly type: 'ready' }
  | { readonly type: 'sending'; readonly share: number }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'failed';
      /** Or what is kept in this browser cannot be read or written. */
      readonly kind: SendProblem['kind'] | 'storage';
      readonly message: string;
      /** The one that was being sent. */
      readonly run: string | undefined;
    }
  | { readonly type: 'sent' };

export class RunSending {
  /** Empty: each run under the name of its data. */
  experiment = $state('');
  withModel = $state(false);
  withManifest = $state(false);
  /** Of the console; empty: whoever is signed in. In memory alone. */
  token = $state('');
  phase = $state.raw<SendingPhase>({ type: 'asking' });
  #hand = new AbortController();
  /** What was sent from here, where to and with which files: it is not sent once more where the next one failed. */
  readonly #sent = new Set<string>();

  constructor(
    readonly runs: readonly KeptRun[],
    private readonly ports: Pick<RunPorts, 'store' | 'held'>,
    private readonly fetching: TrackingServer['fetch'],
    private readonly now: () => number = Date.now,
  ) {
    const names = new Set(runs.map(({ record }) => record.dataset.name));
    if (names.size === 1) this.experiment = [...names][0] ?? '';
  }

  get #server(): TrackingServer {
    const token = this.token.trim();
    return {
      address: '',
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      fetch: this.fetching,
    };
  }
  #experimentOf({ record }: KeptRun): string {
    return this.experiment.trim() || record.dataset.name;
  }

  /** Asks the server before there is anything to lose. */
  async ask(): Promise<void> {
    const [first] = this.runs;
    if (first === undefined) return;
    this.phase = { type: 'asking' };
    const hand = (this.#hand = new AbortController());
    try {
      const found = await checkTracking(this.#server, this.#experimentOf(first), hand.signal);
      this.phase = found.ok ? { type: 'ready' } : { type: 'failed', ...found.error, run: undefined };
    } catch (error) {
      if (!hand.signal.aborted) throw error;
    }
  }

  async send(): Promise<void> {
    const hand = (this.#hand = new AbortController());
    const told = (share: number): void => void (this.phase = { type: 'sending', share });
    told(0);
    try {
      const store = await this.ports.store();
      const held = await this.ports.held();
      for (const [
        at,
        {
          record: { id },
        },
      ] of this.runs.entries()) {
        // As it is now: it may have been noted, or have gone on, since the page was opened.
        const run = await store.read(id);
        if (run === undefined) continue;
        const experiment = this.#experimentOf(run);
        const sending = JSON.stringify([id, experiment, this.withModel, this.withManifest]);
        if (this.#sent.has(sending)) continue;
        const sent = await sendRun(exportedRun(run, held.has(id)), this.#server, {
          experiment,
          files: await this.#filesOf(run, () => store.model(id)),
          signal: hand.signal,
          onProgress: (share) => told((at + share) / this.runs.length),
        });
        if (!sent.ok) {
          this.phase = { type: 'failed', ...sent.error, run: nameOf(sourceOfRecord(run.record)) };
          return;
        }
        const labels = (await store.read(id))?.labels ?? run.labels;
        await store.label(id, { ...labels, sent: { ...sent.value, at: this.now() } });
        this.#sent.add(sending);
      }
      this.#sent.clear();
      this.phase = { type: 'sent' };
    } catch (error) {
      this.phase = hand.signal.aborted
        ? { type: 'stopped' }
        : { type: 'failed', kind: 'storage', message: storageTrouble(error).message, run: undefined };
    }
  }

  /** What is told by then stays told; sent again, it goes on there. */
  stop(): void {
    this.#hand.abort(new Error('Stopped by hand.'));
  }

  async #filesOf(
    { record }: KeptRun,
    model: () => Promise<Uint8Array<ArrayBuffer> | undefined>,
  ): Promise<readonly SentFile[]> {
    const file = this.withModel ? await model() : undefined;
    const manifest = new TextEncoder().encode(`${JSON.stringify(record.manifest, null, 1)}\n`);
    return [
      ...(file === undefined ? [] : [{ name: 'model.json', bytes: file }]),
      ...(this.withManifest ? [{ name: 'manifest.json', bytes: manifest }] : []),
    ];
  }
}

/** What is sent, in a sentence; and by name: values of one run, names of what several have. */
export function sentParts(runs: readonly KeptRun[]): {
  readonly sentence: string;
  readonly lines: readonly {
    readonly name: string;
    readonly value: string | undefined;
    readonly absent: string;
  }[];
} {
  const all = runs.map((run) => mlflowRun(exportedRun(run)));
  const only = all.length === 1 ? all[0] : undefined;
  const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];
  const params = unique(
    all.flatMap((run) =>
      Object.entries(run.params).map(([name, value]) => (only === undefined ? name : `${name} ${value}`)),
    ),
  );
  const metrics = unique(all.flatMap((run) => run.metrics.map(({ key }) => key)));
  const numbers = all.reduce((sum, run) => sum + run.metrics.length, 0);
  const tags = unique(runs.flatMap(({ labels }) => labels.tags));
  const notes = runs.map(({ labels }) => labels.note).filter((note) => note !== '');
  const listed = (of: readonly string[]): string | undefined => (of.length === 0 ? undefined : of.join(', '));
  return {
    sentence: `${only === undefined ? 'Their names' : 'Its name'}, ${counted(params.length, 'parameter')}, ${counted(numbers, 'number')} of ${counted(metrics.length, 'figure or curve', 'figures and curves')}, ${notes.length === 0 && tags.length === 0 ? 'no tag and no note' : 'tags and note'}, when ${only === undefined ? 'they' : 'it'} began and ended and how, the program’s version, and digests of rows and model.${notes.some((note) => note.length > MOST_VALUE) ? ` Of a note its first ${count(MOST_VALUE)} characters.` : ''}`,
    lines: [
      { name: 'Name', value: listed(unique(all.map(({ name }) => name))), absent: 'none' },
      { name: 'Parameters', value: listed(params), absent: 'none' },
      { name: 'Figures and curves', value: listed(metrics), absent: 'none yet' },
      { name: 'Tags', value: listed(tags), absent: 'none' },
      { name: 'Note', value: notes.length === 0 ? undefined : notes.join(' · '), absent: 'none' },
      {
        name: 'Digests',
        value: listed(
          all.flatMap(({ tags: own }) =>
            [own['tributary.data'], own['tributary.model']].flatMap((one) => one ?? []),
          ),
        ),
        absent: 'none yet',
      },
    ],
  };
}

/** The model of a run, where it is here: how large, and whether rows are in it. */
function modelOf({
  outcome,
}: RunRecord): { readonly bytes: number; readonly holdsRows: boolean } | undefined {
  const hasEnded = outcome.type === 'finished' || outcome.type === 'grouped';
  return hasEnded && outcome.model.erasedAt === undefined ? outcome.model : undefined;
}

/** "1.2 MB. It holds rows that it was learnt from." */
export function modelWords(runs: readonly KeptRun[]): string | undefined {
  const models = runs.flatMap(({ record }) => modelOf(record) ?? []);
  if (models.length === 0) return undefined;
  const size = bytes(models.reduce((sum, model) => sum + model.bytes, 0));
  return models.some(({ holdsRows }) => holdsRows)
    ? `${size}. It holds rows that were learnt from: whoever may read runs on the server may read those.`
    : `${size}. It holds no rows; the categories and the words that it tells apart stand in it.`;
}

/** Where a run was sent, and whether that is how it still stands. */
export function sentWords(run: KeptRun): string | undefined {
  const { sent } = run.labels;
  if (sent === undefined) return undefined;
  const hasChanged = digestOfRun(mlflowRun(exportedRun(run))) !== sent.digest;
  return `Sent ${dateTime(sent.at)} to the experiment “${sent.experiment.name}” (${sent.experiment.id}) of this server, as run ${sent.run.slice(0, 8)}.${hasChanged ? ' It has changed since: send it again, and what is new goes there.' : ''}`;
}
