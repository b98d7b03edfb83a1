// Whether this device can train a federation's model, and what that would take: what the browser says of the device, the self-test on this
// very model, and what follows from both. Measured when somebody asks; nothing of it is sent.
import { forecastDevice, type DeviceForecast } from '../core/forecast/forecast.ts';
import type { NetworkFederation } from '../core/federation.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { FederationView } from '../protocol/views.ts';

export interface DeviceSays {
  /** The graphics card's adapter, in words; null: there is none that this browser gives. */
  readonly adapter: string | null;
  /** Bytes that the browser lets this site keep; null: it does not say. */
  readonly quota: number | null;
  /** GiB, as far as the browser tells; null: it does not. */
  readonly memory: number | null;
  readonly cores: number | null;
}

export type Checking =
  | { readonly phase: 'measuring' }
  | {
      readonly phase: 'told';
      readonly says: DeviceSays;
      readonly choice: BackendChoice;
      /** Of one batch; undefined: the chosen engine was not timed. */
      readonly stepMs: number | undefined;
      readonly forecast: DeviceForecast | undefined;
      readonly verdict: 'yes' | 'slowly' | 'too slow' | 'unknown';
    }
  | { readonly phase: 'failed'; readonly message: string };

export interface CheckParts {
  readonly says: () => Promise<DeviceSays>;
  readonly measure: (spec: NetworkFederation) => Promise<BackendChoice>;
}

/** Rows that are held out to judge by are not trained on (core/data/splits.ts). */
const TRAINED_SHARE = 0.8;

export class DeviceCheck {
  state = $state.raw<Checking>({ phase: 'measuring' });

  constructor(private readonly parts: CheckParts) {}

  async run(view: FederationView & { readonly spec: NetworkFederation }, rows: number): Promise<void> {
    this.state = { phase: 'measuring' };
    const { spec, head, updateBytes } = view;
    try {
      const [says, choice] = await Promise.all([this.parts.says(), this.parts.measure(spec)]);
      const report = choice.reports.find((one) => one.backend === choice.backend);
      const stepMs = report?.passed === true ? report.stepMs : undefined;
      const wire = { update: updateBytes, version: head.bytes, step: head.delta?.bytes ?? head.bytes };
      const trained = Math.max(1, Math.round(rows * TRAINED_SHARE));
      const forecast =
        stepMs === undefined
          ? undefined
          : forecastDevice(spec.plan, spec.rules.maximumRounds, trained, stepMs, wire);
      const share = forecast === undefined ? undefined : forecast.roundMs / spec.rules.reportingDeadlineMs;
      this.state = {
        phase: 'told',
        says,
        choice,
        stepMs,
        forecast,
        verdict: share === undefined ? 'unknown' : share > 1 ? 'too slow' : share > 0.5 ? 'slowly' : 'yes',
      };
    } catch (error) {
      this.state = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** The parts of a browser that are asked; each may be missing. */
interface Asked {
  readonly gpu?:
    | {
        requestAdapter(): Promise<{
          readonly info?: {
            readonly vendor: string;
            readonly architecture: string;
            readonly description: string;
          };
        } | null>;
      }
    | undefined;
  readonly storage?: { estimate(): Promise<{ quota?: number }> } | undefined;
  readonly deviceMemory?: number | undefined;
  readonly hardwareConcurrency?: number | undefined;
}

export async function deviceSays(navigator: Asked): Promise<DeviceSays> {
  // A driver that fails, and a browser that gives no storage, say nothing of the device.
  const [adapter, quota] = await Promise.all([
    navigator.gpu?.requestAdapter().catch(() => null) ?? null,
    navigator.storage?.estimate().then(
      (estimate) => estimate.quota ?? null,
      () => null,
    ) ?? null,
  ]);
  const { vendor = '', architecture = '', description = '' } = adapter?.info ?? {};
  const words =
    description !== '' ? description : [vendor, architecture].filter((part) => part !== '').join(' ');
  return {
    adapter: adapter === null ? null : words === '' ? 'unnamed' : words,
    quota,
    memory: navigator.deviceMemory ?? null,
    cores: navigator.hardwareConcurrency ?? null,
  };
}
