// A roster as a server shows it, with its word on it.
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Advert, SumConfig } from '#lib/core/secure-sum/messages.ts';
import { webPrimitives } from '#lib/core/secure-sum/primitives.ts';
import {
  rosterStatement,
  rosterStatementBytes,
  type SumGroup,
} from '#lib/core/secure-sum/roster-statement.ts';
import { contextOf, rosterHashOf } from '#lib/core/secure-sum/schedule.ts';
import type { Shown } from '#lib/participant/secure-sum/server-word.ts';
import type { ServerKey } from '../../server/ports/server-key.ts';

export async function signedBy(
  key: ServerKey,
  config: SumConfig,
  roster: readonly Advert[],
  group: SumGroup = 0,
): Promise<Shown> {
  const context = await contextOf(config, webPrimitives);
  const rosterHash = await rosterHashOf(context, roster, webPrimitives);
  const bytes = rosterStatementBytes(rosterStatement(config, group, context, rosterHash));
  return {
    roster,
    group,
    signed: { key: bytesToHex(key.publicKey), signature: bytesToHex(key.sign(bytes)) },
  };
}
