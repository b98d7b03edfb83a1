// The server is held to its word about who is summed: it signs each roster by the key that signs its history, and this device keeps what
// was signed. Two rosters for one round and group, both signed, are evidence that anybody can check.
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

const contradicts = ({ statement: a }: SignedRoster, { statement: b }: SignedRoster): boolean =>
  a.run === b.run &&
  a.round === b.round &&
  a.group === b.group &&
  rosterStatementText(a) !== rosterStatementText(b);

export interface Shown {
  readonly roster: readonly Advert[];
  readonly group: SumGroup;
  readonly signed: Signature;
}

/** Why this device does not believe the roster, in a sentence; undefined: it does, and what was signed is kept. */
export async function breaksItsWord(
  store: ParticipantStore,
  config: SumConfig,
  { roster, group, signed }: Shown,
): Promise<string | undefined> {
  const context = await contextOf(config, webPrimitives);
  const statement = rosterStatement(
    config,
    group,
    context,
    await rosterHashOf(context, roster, webPrimitives),
  );
  const head = await keptHead(store, config.federation);
  if (head !== undefined && head.signed.key !== signed.key)
    return `The server signed who is summed with another key (${signed.key.slice(0, 8)}…) than its history (${head.signed.key.slice(0, 8)}…): the update is not sent.`;
  const isSigned = await webPrimitives.verify(
    hexToBytes(signed.key),
    rosterStatementBytes(statement),
    hexToBytes(signed.signature),
  );
  // A browser without Ed25519 cannot tell.
  if (!isSigned && (await checksEd25519()))
    return 'The server’s signature is not of the devices and settings that it told this one: the update is not sent.';
  const kept = await keptRosters(store, config.federation);
  const now: SignedRoster = { statement, signed };
  if (kept.some((one) => rosterStatementText(one.statement) === rosterStatementText(statement)))
    return undefined;
  await store.settings.put(keyOf(config.federation), [...kept, now].slice(-MOST_KEPT));
  return kept.some((one) => contradicts(one, now))
    ? `The server signed two different sets of devices for ${group === 'survey' ? 'survey' : 'round'} ${config.round}: it does not tell all of them the same. Both are kept on this device; the update is not sent.`
    : undefined;
}
