// Invitations of one federation: the list as the server has it, making one, and taking one back. The link of a made invitation is
// known to this page alone, until it is left.
import type {
  InvitationState,
  InvitationView,
  MadeInvitation,
  NewInvitation,
} from '#lib/protocol/invitations.ts';
import { INVITATION_PARAMETER } from '#lib/protocol/invitations.ts';
import type { ConsoleApi } from './console-api.ts';
import { counted, dateTime } from './format.ts';

export const invitationLink = (publicUrl: string, federation: string, code: string | undefined): string =>
  `${publicUrl.replace(/\/$/, '')}/f/${federation}${code === undefined ? '' : `?${INVITATION_PARAMETER}=${code}`}`;

export const stateWords: Readonly<Record<InvitationState, string>> = {
  open: 'Open',
  used: 'Used up',
  expired: 'Expired',
  revoked: 'Taken back',
};

/** "1 of 5 devices, until 3 Mar, 14:00" */
export const useWords = ({ redeemed, devices, expiresAt }: InvitationView): string =>
  `${redeemed.length} of ${counted(devices, 'device')}${expiresAt === null ? '' : `, until ${dateTime(expiresAt)}`}`;

export class ConsoleInvitations {
  /** Newest first; undefined: not read yet. */
  list = $state.raw<readonly InvitationView[] | undefined>();
  /** The one that this page made last. */
  made = $state.raw<MadeInvitation | null>(null);
  busy = $state<'reading' | 'making' | 'revoking' | null>(null);
  failure = $state<string | null>(null);

  readonly #api: ConsoleApi;
  readonly #federation: string;

  constructor(api: ConsoleApi, federation: string) {
    this.#api = api;
    this.#federation = federation;
  }

  async read(): Promise<void> {
    await this.#do('reading', async () => {
      const told = await this.#api.invitations(this.#federation);
      if (told.ok) this.list = told.value;
      return told;
    });
  }

  async make(wanted: NewInvitation): Promise<boolean> {
    return this.#do('making', async () => {
      const told = await this.#api.invite(this.#federation, wanted);
      if (told.ok) {
        this.made = told.value;
        this.list = [told.value.invitation, ...(this.list ?? [])];
      }
      return told;
    });
  }

  revoke(id: string): Promise<boolean> {
    return this.#do('revoking', async () => {
      const told = await this.#api.revokeInvitation(this.#federation, id);
      if (told.ok) {
        this.list = told.value;
        if (this.made?.invitation.id === id) this.made = null;
      }
      return told;
    });
  }

  /** One request at a time. */
  async #do(
    what: 'reading' | 'making' | 'revoking',
    ask: () => Promise<{ readonly ok: boolean; readonly error?: { readonly message: string } }>,
  ): Promise<boolean> {
    if (this.busy !== null) return false;
    this.busy = what;
    this.failure = null;
    const told = await ask();
    this.busy = null;
    if (!told.ok) this.failure = told.error?.message ?? null;
    return told.ok;
  }
}
