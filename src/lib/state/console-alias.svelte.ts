// Moving the alias live: forward is a promotion, back is a roll-back; said before it is done.
import type { FederationView } from '#lib/protocol/views.ts';
import type { ConsoleApi } from './console-api.ts';
import { counted } from './format.ts';

export interface AliasEffect {
  readonly version: number;
  readonly button: string;
  readonly title: string;
  readonly sentences: readonly string[];
  readonly confirm: string;
  readonly busy: string;
}

/** Undefined where the version is live already. */
export function aliasEffect(version: number, view: FederationView): AliasEffect | undefined {
  if (version === view.live) return undefined;
  const back = version < view.live;
  return {
    version,
    button: back ? `Roll back live to v${version}…` : `Make v${version} live…`,
    title: back
      ? `Roll back live from version ${view.live} to version ${version}`
      : `Make version ${version} live`,
    sentences: [
      `Whoever opens or tries the model from now on gets version ${version} instead of version ${view.live}. ${counted(view.connected, 'connected device')} ${view.connected === 1 ? 'learns' : 'learn'} of it at once.`,
      `Rounds go on from the newest version, ${view.head.version}; training is not set back.`,
      version === view.head.version
        ? (view.spec.gates ?? []).length > 0
          ? 'From then on every new version that passes the conditions becomes live by itself.'
          : 'From then on every new version becomes live by itself after its commit.'
        : 'New versions no longer become live by themselves, until live is moved to the newest again.',
      'The move is kept in the history, and can be undone by another.',
    ],
    confirm: back ? `Roll back to v${version}` : `Make v${version} live`,
    busy: 'Moving…',
  };
}

export class AliasMover {
  asked = $state.raw<AliasEffect | null>(null);
  busy = $state(false);
  failure = $state<string | null>(null);

  readonly #api: ConsoleApi;

  constructor(api: ConsoleApi) {
    this.#api = api;
  }

  ask(effect: AliasEffect): void {
    this.failure = null;
    this.asked = effect;
  }

  drop(): void {
    if (!this.busy) this.asked = null;
  }

  /** Whether the alias was moved. */
  async confirm(federation: string): Promise<boolean> {
    const { asked } = this;
    if (asked === null || this.busy) return false;
    this.busy = true;
    this.failure = null;
    const moved = await this.#api.moveLive(federation, asked.version);
    this.busy = false;
    if (!moved.ok) {
      this.failure = moved.error.message;
      return false;
    }
    this.asked = null;
    return true;
  }
}
