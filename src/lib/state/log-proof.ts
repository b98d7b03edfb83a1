// Asks the server whether a longer log of versions begins with a shorter one.
import * as v from 'valibot';
import type { Proof } from '../core/transparency/merkle.ts';
import { ProofHashes } from '../core/transparency/statements.ts';

const Answer = v.object({ consistency: v.nullable(ProofHashes) });

/** Undefined: the server has no such proof. Rejects where it cannot be asked. */
export const proofFrom =
  (ask: typeof fetch) =>
  async (federation: string, older: number, newer: number): Promise<Proof | undefined> => {
    const response = await ask(
      `/api/federations/${encodeURIComponent(federation)}/log?since=${older}&size=${newer}`,
    );
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
    return v.parse(Answer, await response.json()).consistency ?? undefined;
  };
