// What the screens know of the device worker: one view per federation and per local run, replaced whole with every event.
// The worker starts with the first question to it, so that pages which need no engine never load one.
import type { FederationId } from '../core/ids.ts';
import type { ParticipationView } from '../participant/participation.ts';
import type {
  CutOffRun,
  DeviceEvent,
  DeviceRequests,
  KeptRunCheckpoints,
  LocalRunSettings,
  LocalRunView,
} from '../workers/device-messages.ts';
import { visit } from './visit.svelte.ts';

/** The part of DeviceClient that screens use. */
export interface DevicePort {
  request<Name extends keyof DeviceRequests>(
    name: Name,
    request: DeviceRequests[Name]['request'],
  ): Promise<DeviceRequests[Name]['result']>;
  /** Returns its own undoing. */
  onEvent(handler: (event: DeviceEvent) => void): () => void;
  /** The worker ended by itself; nothing is asked of it any more. Returns its own undoing. */
  onLost(handler: (failure: Error) => void): () => void;
}

/** A refused or failed request, as the person reads it. */
export interface DeviceTrouble {
  readonly kind: string;
  readonly message: string;
}

export class DeviceState {
  participations = $state.raw<Readonly<Record<string, ParticipationView>>>({});
  runs = $state.raw<Readonly<Record<string, LocalRunView>>>({});
  /** The last request that failed; null once another succeeds. */
  trouble = $state.raw<DeviceTrouble | null>(null);
  /** Why the worker ended by itself: nothing computes on this page until it is loaded again. */
  lost = $state.raw<DeviceTrouble | null>(null);

  /** The run last started or resumed in each place (a federation, the playground), so that one finds it again. */
  started = $state.raw<Readonly<Record<string, LocalRunSettings>>>({});

  /** Local runs that are not on this page: cut off, or going on in another tab. */
  cutOff = $state.raw<readonly CutOffRun[]>([]);

  /** Checkpoints of the last runs that can be branched from. */
  kept = $state.raw<readonly KeptRunCheckpoints[]>([]);

  /** How far the preview of what could be rebuilt is, 0 … 1. */
  rebuilding = $state(0);

  #port: Promise<DevicePort> | undefined;

  constructor(private readonly connect: () => Promise<DevicePort>) {}

  participation(federation: FederationId): ParticipationView | undefined {
    return this.participations[federation];
  }

  run(id: string): LocalRunView | undefined {
    return this.runs[id];
  }

  /** Asks the worker; rejects as the client does. */
  async ask<Name extends keyof DeviceRequests>(
    name: Name,
    request: DeviceRequests[Name]['request'],
  ): Promise<DeviceRequests[Name]['result']> {
    const port = await this.#open();
    return port.request(name, request);
  }

  /** Asks, and keeps a failure as `trouble` instead of rejecting; says whether it succeeded. */
  async attempt<Name extends keyof DeviceRequests>(
    name: Name,
    request: DeviceRequests[Name]['request'],
  ): Promise<boolean> {
    try {
      await this.ask(name, request);
      this.trouble = null;
      return true;
    } catch (error) {
      this.trouble = troubleOf(error);
      return false;
    }
  }

  /** Watches a federation; resumes taking part where this device had joined. */
  async open(federation: FederationId): Promise<void> {
    try {
      const view = await this.ask('open', { federation });
      // An event may have come first: it is newer.
      if (this.participations[federation] === undefined) this.#takeParticipation(view);
      this.trouble = null;
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  }

  /** Starts training alone. Says whether it runs. */
  async startRun(place: string, settings: LocalRunSettings): Promise<boolean> {
    this.started = { ...this.started, [place]: settings };
    return this.attempt('start-local-run', settings);
  }

  /** Starts another run from a kept checkpoint. Says whether it runs. */
  async branchRun(place: string, wish: DeviceRequests['branch-local-run']['request']): Promise<boolean> {
    try {
      const settings = await this.ask('branch-local-run', wish);
      this.started = { ...this.started, [place]: settings };
      this.trouble = null;
      return true;
    } catch (error) {
      this.trouble = troubleOf(error);
      return false;
    }
  }

  async lookForKept(): Promise<void> {
    try {
      this.kept = await this.ask('kept-checkpoints', null);
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  }

  /** Looks for runs that were cut off, or go on in another tab. */
  async lookForCutOff(): Promise<void> {
    try {
      this.cutOff = await this.ask('cut-off-local-runs', null);
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  }

  /** Goes on with a run that was cut off. Says whether it runs; where another tab has it, that is known afterwards. */
  async goOn(place: string, settings: LocalRunSettings): Promise<boolean> {
    const before = this.started;
    this.started = { ...before, [place]: settings };
    this.cutOff = this.cutOff.filter((one) => one.settings.id !== settings.id);
    if (await this.attempt('go-on-local-run', { id: settings.id })) return true;
    const { trouble } = this;
    // One that began and failed stays in view, with its reason.
    if (this.runs[settings.id] === undefined) this.started = before;
    await this.lookForCutOff();
    this.trouble = trouble;
    return false;
  }

  /** Gives a run up that was cut off. */
  async discard(settings: LocalRunSettings): Promise<void> {
    if (await this.attempt('discard-local-run', { id: settings.id }))
      this.cutOff = this.cutOff.filter((one) => one.settings.id !== settings.id);
  }

  #open(): Promise<DevicePort> {
    this.#port ??= this.connect().then((port) => {
      port.onEvent((event) => this.#take(event));
      port.onLost((failure) => {
        // What was shown as running no longer runs.
        this.participations = {};
        this.runs = {};
        this.cutOff = [];
        this.lost = troubleOf(failure);
        this.trouble = this.lost;
      });
      return port;
    });
    return this.#port;
  }

  #take(event: DeviceEvent): void {
    switch (event.type) {
      case 'participation':
        this.#takeParticipation(event.view);
        break;
      case 'local-run':
        this.runs = { ...this.runs, [event.view.id]: event.view };
        break;
      case 'kept-checkpoints':
        this.kept = event.runs;
        break;
      case 'cut-off-runs':
        this.cutOff = event.runs;
        break;
      case 'rebuilding':
        this.rebuilding = event.fraction;
        break;
      default:
        event satisfies never;
    }
  }

  #takeParticipation(view: ParticipationView): void {
    this.participations = { ...this.participations, [view.federation]: view };
  }
}

/** The kind and sentence of whatever a worker's client rejected with. */
export function troubleOf(error: unknown): DeviceTrouble {
  const kind =
    error instanceof Error && 'kind' in error && typeof error.kind === 'string' ? error.kind : 'unexpected';
  return { kind, message: error instanceof Error ? error.message : String(error) };
}

/** The device of this visit; call it while a component is made. */
export function deviceState(): DeviceState {
  const here = visit();
  here.device ??= new DeviceState(async () => (await import('./device-connection.ts')).connectDevice());
  return here.device;
}
