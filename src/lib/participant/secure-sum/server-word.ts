// The server is held to its word about who is summed: it signs each roster by the key that signs its history, and this device keeps what
// was signed. Two rosters for one round and group, both signed, are evidence that anybody can check; this device is in one sum of a round,
// so that two of other groups are as bad here.
import * as v from 'valibot';
import { hexToBytes } from '@noble/hashes/utils.js';
import type { FederationId } from '../../core/ids.ts';
import type { Advert, SumConfig } from '../../core/secure-sum/messages.ts';
import { webPrimitives } from '../../core/secure-sum/primitives.ts';
import {
  RosterStatement,
  rosterStatement,
  rosterStatementBytes,
  rosterStatementText,
  type SumGroup,
} from '../../core/secure-sum/roster-statement.ts';
import { contextOf, rosterHashOf } from '../../core/secure-sum/schedule.ts';
import { checksEd25519 } from '../../core/signature.ts';
import { Signature } from '../../core/transparency/statements.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';
import { createQueue } from '../engine.ts';
import { keptHead } from '../log-keeper.ts';

const SignedRoster = v.strictObject({ statement: RosterStatement, signed: Signature });
export type SignedRoster = v.InferOutput<typeof SignedRoster>;
const Kept = v.array(SignedRoster);

/** Of the last rounds. */
const MOST_KEPT = 200;

const keyOf = (federation: FederationId): string => `rosters:${federation}`;

/** What this server signed of rosters, the oldest first. */
export async function keptRosters(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
): Promise<readonly SignedRoster[]> {
  const read = v.safeParse(Kept, await store.settings.get(keyOf(federation)));
  return read.success ? read.output : [];
}

const isOfSurvey = ({ group }: RosterStatement): boolean => group === 'survey';

/** Of what this device was shown: it has its own key in each, in one group of the round. */
const contradicts = ({ statement: a }: SignedRoster, { statement: b }: SignedRoster): boolean =>
  a.run === b.run &&
  a.round === b.round &&
  isOfSurvey(a) === isOfSurvey(b) &&
  rosterStatementText(a) !== rosterStatementText(b);

/** One after the other: a round's sum and a survey's are under way at the same time. */
const queues = new WeakMap<ParticipantStore, ReturnType<typeof createQueue>>();

function inTurn<T>(store: ParticipantStore, work: () => Promise<T>): Promise<T> {
  const queue = queues.get(store) ?? createQueue();
  queues.set(store, queue);
  return queue(work);
}

export interface Shown {
  readonly roster: readonly Advert[];
  readonly group: SumGroup;
  readonly signed: Signature;
}

/** Why this device does not believe the roster, in a sentence; undefined: it does, and what was signed is kept. */
export const breaksItsWord = (
  store: ParticipantStore,
  config: SumConfig,
  shown: Shown,
  isSurvey: boolean,
): Promise<string | undefined> => inTurn(store, () => looksAt(store, config, shown, isSurvey));

async function looksAt(
  store: ParticipantStore,
  config: SumConfig,
  { roster, group, signed }: Shown,
  isSurvey: boolean,
): Promise<string | undefined> {
  const { federation, round, groups } = config;
  // Each group has a statement of its own: by more of them than there are, a server could tell devices different things.
  if (isSurvey !== (group === 'survey') || (group !== 'survey' && group >= groups))
    return `The server signed who is summed as ${group === 'survey' ? 'a survey' : `group ${group}, counted from 0,`} where it sums ${
      isSurvey ? 'a survey' : `a round in ${groups === 1 ? 'one group' : `${groups} groups`}`
    }: nothing is sent.`;
  const context = await contextOf(config, webPrimitives);
  const rosterHash = await rosterHashOf(context, roster, webPrimitives);
  const statement = rosterStatement(config, group, context, rosterHash);
  const kept = await keptRosters(store, federation);
  const head = await keptHead(store, federation);
  const known = head?.signed.key ?? kept[0]?.signed.key ?? signed.key;
  if (known !== signed.key)
    return `The server signed who is summed with another key (${signed.key.slice(0, 8)}…) than ${head === undefined ? 'before' : 'its history'} (${known.slice(0, 8)}…): the update is not sent.`;
  const isSigned = await webPrimitives.verify(
    hexToBytes(signed.key),
    rosterStatementBytes(statement),
    hexToBytes(signed.signature),
  );
  // A browser without Ed25519 cannot tell.
  if (!isSigned && (await checksEd25519()))
    return 'The server’s signature is not of the devices and settings that it told this one: the update is not sent.';
  const now: SignedRoster = { statement, signed };
  if (kept.some((one) => rosterStatementText(one.statement) === rosterStatementText(statement)))
    return undefined;
  await store.settings.put(keyOf(federation), [...kept, now].slice(-MOST_KEPT));
  return kept.some((one) => contradicts(one, now))
    ? `The server signed two different sets of devices for ${isSurvey ? 'survey' : 'round'} ${round}: it does not tell all of them the same. Both are kept on this device; the update is not sent.`
    : undefined;
}
