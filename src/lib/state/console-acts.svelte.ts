// The log of coordinators' acts as the console shows it: the newest first, more on demand, filtered by what is looked for.
import type { ApiError, Act } from '#lib/protocol/http.ts';
import type { ConsoleApi } from './console-api.ts';

const PAGE = 100;

const words: Readonly<Record<string, string>> = {
  created: 'made the federation',
  changed: 'changed the federation',
  'question-changed': 'changed the brief or the conditions',
  started: 'started a run',
  paused: 'paused the run',
  resumed: 'resumed the run',
  finished: 'ended the run',
  deleted: 'deleted the federation',
  'live-moved': 'moved “live”',
  'root-trusted': 'trusted a device as root',
  'root-trusted-no-longer': 'trusts a device as root no longer',
  exported: 'exported a version',
  invited: 'made an invitation',
  'invitation-revoked': 'revoked an invitation',
  'left-out': 'left a device out',
  surveyed: 'asked for statistics',
  readmitted: 'let a device in again',
  'person-added': 'added a person',
  'person-changed': 'changed a person',
  'person-removed': 'removed a person',
  'link-made': 'made a sign-in link',
  'passkey-added': 'added a passkey',
  'recovery-codes-made': 'made recovery codes',
  'token-made': 'made an API token',
  'credential-removed': 'removed a way in',
  'signed-in': 'signed in',
  'signed-out': 'signed out',
};

/** "moved “live”"; an act that this page does not know yet by its own name. */
export const actWords = (act: string): string => words[act] ?? act.replaceAll('-', ' ');

/** What of, in a few words: "version 12", "size 13, root 0f3c…"; nothing to say: "". */
export function detailWords({ detail }: Pick<Act, 'detail'>): string {
  if (typeof detail !== 'object' || detail === null) return '';
  return Object.entries(detail)
    .filter(([name]) => !['session', 'person', 'created', 'expires'].includes(name))
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${name} ${/^[0-9a-f]{32,}$/.test(text) ? `${text.slice(0, 8)}…` : text}`;
    })
    .join(', ');
}

export class ActsState {
  acts = $state.raw<readonly Act[]>();
  /** Older ones are there. */
  hasMore = $state(false);
  trouble = $state.raw<ApiError>();
  filter = $state('');
  federation = $state('');

  readonly shown = $derived(
    (this.acts ?? []).filter(
      (act) =>
        // What these seal is told by the act beside it; the saved log has them.
        act.act !== 'people-written' &&
        (this.federation === '' || act.federation === this.federation) &&
        `${act.by} ${actWords(act.act)} ${act.federation ?? ''} ${detailWords(act)}`
          .toLowerCase()
          .includes(this.filter.trim().toLowerCase()),
    ),
  );
  /** Those that the acts so far tell of. */
  readonly federations = $derived(
    [
      ...new Set((this.acts ?? []).flatMap(({ federation }) => (federation === null ? [] : [federation]))),
    ].sort(),
  );

  constructor(private readonly api: Pick<ConsoleApi, 'acts'>) {}

  /** The newest, or what comes before those that are here. */
  async load(): Promise<void> {
    const before = this.acts?.at(-1)?.sequence;
    const page = await this.api.acts(before, PAGE);
    this.trouble = page.ok ? undefined : page.error;
    if (!page.ok) return;
    this.acts = [...(this.acts ?? []), ...page.value];
    this.hasMore = page.value.length === PAGE;
  }
}
