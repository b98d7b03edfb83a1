// A participant's identity, from the platform's CSPRNG and never from a seed.
import * as v from 'valibot';
import { ParticipantSecret } from '../core/ids.ts';

export function randomSecret(): ParticipantSecret {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return v.parse(ParticipantSecret, Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}
