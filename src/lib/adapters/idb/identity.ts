// A browser profile's identity: a key pair in IndexedDB, which keeps a CryptoKey without its bytes ever being seen by a script.
import type { Identity } from '../../ports/identity.ts';
import { identityOfPair, makeKeyPair } from '../webcrypto/key-pair.ts';
import type { Database } from './database.ts';

/** Read, or made and kept. Rejects with a DOMException where there is no room for it. */
export async function keptIdentity(database: Database): Promise<Identity> {
  const kept: unknown = await database.get('secrets', 'participant');
  return identityOfPair(isKeyPair(kept) ? kept : await keep(database, await makeKeyPair()));
}

/** Two tabs may have made one each, for making one outlasts a transaction: the first that is written is both's. */
async function keep(database: Database, made: CryptoKeyPair): Promise<CryptoKeyPair> {
  const transaction = database.transaction('secrets', 'readwrite', { durability: 'strict' });
  const kept: unknown = await transaction.store.get('participant');
  const own = isKeyPair(kept) ? kept : made;
  if (own === made) await transaction.store.put(made, 'participant');
  await transaction.done;
  return own;
}

/** An older version of the app kept something else here. */
const isKeyPair = (kept: unknown): kept is CryptoKeyPair =>
  typeof kept === 'object' && kept !== null && 'privateKey' in kept && 'publicKey' in kept;
