// ε that each device has spent, as the console shows it: read again when a version was made, since that is what charges.
import type { Privacy } from '#lib/core/privacy/rules.ts';
import type { LedgerView } from '#lib/protocol/ledger.ts';
import type { ConsoleApi } from './console-api.ts';
import { adjacencyText, deltaText, epsilonText } from './privacy-words.ts';

export class ConsoleLedger {
  /** Undefined: not read yet; null: the federation promises no privacy. */
  view = $state.raw<LedgerView | undefined>();
  readonly #spent = $derived(new Map(this.view?.participants.map((one) => [one.participant as string, one])));

  readonly #api: Pick<ConsoleApi, 'ledger'>;
  readonly #federation: string;

  constructor(api: Pick<ConsoleApi, 'ledger'>, federation: string) {
    this.#api = api;
    this.#federation = federation;
  }

  /** A failure leaves what was read. */
  async read(): Promise<void> {
    const told = await this.#api.ledger(this.#federation);
    if (told.ok) this.view = told.value;
  }

  /** "0.42, 3 releases"; of one that was never charged "0". Undefined where there is no ledger. */
  words(participant: string): string | undefined {
    if (this.view == null) return undefined;
    const spent = this.#spent.get(participant);
    if (spent === undefined) return '0';
    return `${epsilonText(spent.epsilon)}, ${spent.releases === 1 ? '1 release' : `${spent.releases} releases`}`;
  }

  /** What the figures are measured in; undefined where there is no ledger. */
  meaning(privacy: Privacy): string | undefined {
    return this.view == null || privacy.type === 'none'
      ? undefined
      : `ε spent: what all releases of this federation with the device in them cost it together, of ${epsilonText(this.view.epsilon)} at δ ${deltaText(this.view.delta)}, ${adjacencyText(privacy)}.`;
  }
}
